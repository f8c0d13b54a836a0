import { FilterContext, filterRepository } from '../filter/filter-context.ts'
import { FilterProcess } from '../filter/filter-process.ts'
import { readPieces } from '../filter/read-pieces.ts'
import { writeAll } from '../filter/write-all.ts'
import { runFilterSession } from '../git/filter-session.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { reportOnStderr } from './report-on-stderr.ts'

/**
 * `git-nixsecret filter-process [--sealed]`: serves one git command through git's long-running filter protocol.
 * Only git calls it.
 */
export async function run(args: string[]): Promise<number> {
  const repository = filterRepository()
  repository.catch(() => {})
  let filter: FilterProcess | null = null
  // git's greeting does not wait for what we must find out.
  const handler = {
    begin: (request: Parameters<FilterProcess['begin']>[0]) => (filter as FilterProcess).begin(request),
  }
  const ready = repository.then((repo) => {
    filter = new FilterProcess(
      new FilterContext(repo, askOnTerminal),
      reportOnStderr,
      args.includes('--sealed'),
    )
  })
  ready.catch(() => {})
  await runFilterSession(readPieces(0), (bytes) => writeAll(1, bytes), handler, ready)
  ;(filter as FilterProcess | null)?.end()
  return 0
}
