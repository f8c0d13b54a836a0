import { NixsecretError } from '../../errors.ts'
import { gitPath } from '../../git/git-path.ts'
import { openRepository } from '../../git/repository.ts'
import { type Finding, hasErrors } from '../../guard/finding.ts'
import { runChainedHook } from '../../setup/chained-hook.ts'
import { SERVER_HOOK } from '../../setup/hook-text.ts'
import { renderFindings } from '../check/render.ts'
import { printError, printFault, printHint, printNote } from '../print.ts'
import { readInput } from './read-input.ts'
import { wrapLines } from './wrap-lines.ts'

// What the client's terminal shows: after `remote: `, 80 columns in all.
const WIDTH = 72
// A push may hold thousands; who is to mend them sees the kind of them, and `check` lists them all.
const MOST_SHOWN = 20

/**
 * Runs the hook of a repository that is pushed to. What it prints reaches who pushes, each line after `remote: `.
 * @returns 0 if all that is pushed may pass; anything else and git takes nothing of it
 */
export async function runPreReceive(args: readonly string[]): Promise<number> {
  // It is read at another machine, through git, on whatever terminal.
  process.env.NO_COLOR = '1'
  delete process.env.FORCE_COLOR
  try {
    const input = await readInput(SERVER_HOOK)
    const code = await runChainedHook(await gitPath('hooks', process.cwd()), SERVER_HOOK, args, input)
    return code === 0 ? await judge(input) : code
  } catch (fault) {
    const code = printFault(forReader(fault))
    printNote('what cannot be judged is refused: nothing was taken of this push')
    return code
  }
}

/** What is missing is missing on the server: a hint for the reader's clone would lead astray. */
function forReader(fault: unknown): unknown {
  if (!(fault instanceof NixsecretError) || fault.code !== 'missing') return fault
  return new NixsecretError('missing', fault.message, { hints: ['# on the server: git fsck'], cause: fault })
}

async function judge(input: Buffer): Promise<number> {
  const { checkPreReceive } = await import('../../guard/pre-receive.ts')
  const result = await checkPreReceive(await openRepository(), input)
  const shown = result.findings.filter(({ severity }) => severity !== 'note')
  if (shown.length === 0) return 0
  // Errors first: a long push of warnings must not hide why it was refused.
  const errors = shown.filter(({ severity }) => severity === 'error')
  const others = shown.filter(({ severity }) => severity !== 'error')
  show([...errors, ...others])
  for (const problem of result.problems) printNote(problem)
  if (!hasErrors(result)) return 0
  printError('this push is refused, all of it: no ref was changed, and nothing was kept')
  printHint('git nixsecret init    # its hooks find this before a push')
  return 1
}

function show(findings: readonly Finding[]): void {
  const text = renderFindings(findings.slice(0, MOST_SHOWN), (_, plain) => plain)
  process.stderr.write(wrapLines(text, WIDTH))
  if (findings.length > MOST_SHOWN) printNote(`and ${findings.length - MOST_SHOWN} more of them`)
}
