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
    available: () => (filter as FilterProcess).available(),
  }
  const ready = repository.then((repo) => {
    filter = new FilterProcess(
      new FilterContext(repo, askOnTerminal),
      reportOnStderr,
      args.includes('--sealed'),
    )
  })
  ready.catch(() => {})
  // Ctrl-C is for git: when it has gone we see the end of our input, and still have modes to mend.
  let interrupted = false
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, () => (interrupted = true))
  try {
    await runFilterSession(readPieces(0), (bytes) => writeAll(1, bytes), handler, ready)
  } catch (fault) {
    // The loop stood still; a turn of it shows what came meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    if (!interrupted) throw fault
    return 130
  } finally {
    ;(filter as FilterProcess | null)?.end()
    for (const signal of signals) process.removeAllListeners(signal)
  }
  return 0
}
