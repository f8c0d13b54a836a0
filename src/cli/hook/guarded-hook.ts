import type { Repository } from '../../git/repository.ts'
import type { CheckResult } from '../../guard/finding.ts'
import { type HookName, SERVER_HOOK } from '../../setup/hook-text.ts'
import { readInput } from './read-input.ts'
import { tidyUp } from './tidy-up.ts'

/**
 * Runs a hook that checks what is committed or pushed, or looks at the commits that came.
 * @param args as git gives them to the hook
 * @returns its exit code; anything but 0 stops git
 */
export async function runGuardedHook(name: HookName, args: readonly string[]): Promise<number> {
  if (name === SERVER_HOOK) {
    const { runPreReceive } = await import('./pre-receive.ts')
    return runPreReceive(args)
  }
  const check = name.startsWith('post-') ? null : prepare(name)
  // Awaited below, if the chained hook lets us; a fault must not count as unhandled until then.
  check?.catch(() => {})
  // Only this one reads; all others leave standard input to the chained hook.
  const input = name === 'pre-push' ? await readInput(name) : null
  const code = await tidyUp(name, args, input)
  if (code === 0 && check === null) {
    const { observeChange } = await import('./observe-change.ts')
    await observeChange()
  }
  if (code !== 0 || check === null) return code
  const { repo, run } = await check
  const stopped = await report(name, await run(args, input))
  if (name !== 'pre-push') {
    const { tellUnenrolled } = await import('./tell-unenrolled.ts')
    tellUnenrolled(repo)
  }
  return stopped ? 1 : 0
}

interface Check {
  readonly repo: Repository
  run(args: readonly string[], input: Buffer | null): Promise<CheckResult>
}

/** Loads the guard and finds the repository: while git, and the hook that was there before, are at work. */
async function prepare(name: HookName): Promise<Check> {
  const opening = import('../../git/repository.ts').then(({ openRepository }) => openRepository())
  if (name === 'pre-push') {
    const [repo, { checkPrePush }] = await Promise.all([opening, import('../../guard/pre-push.ts')])
    return {
      repo,
      run: ([remote = '', url = remote], input) => checkPrePush(repo, input ?? Buffer.alloc(0), remote, url),
    }
  }
  const [repo, { checkStaged }] = await Promise.all([opening, import('../../guard/check.ts')])
  return { repo, run: () => checkStaged(repo) }
}

/** @returns whether git must stop */
async function report(name: HookName, result: CheckResult): Promise<boolean> {
  const { hasErrors } = await import('../../guard/finding.ts')
  const shown = result.findings.filter((finding) => finding.severity !== 'note')
  if (shown.length === 0 && result.problems.length === 0) return false
  const [{ renderFindings }, { paintFor, printError, printHint, printNote }] = await Promise.all([
    import('../check/render.ts'),
    import('../print.ts'),
  ])
  process.stderr.write(renderFindings(shown, paintFor(process.stderr)))
  for (const problem of result.problems) printNote(problem)
  if (result.silenced > 0 && shown.length > 0)
    printNote(`${result.silenced} more ${result.silenced === 1 ? 'is' : 'are'} allowed`)
  if (!hasErrors(result)) return false
  printError(
    `${name} stopped ${name === 'pre-push' ? 'the push' : 'the commit'}: nothing has left this machine`,
  )
  // Set where git was called below the top; not before a push.
  if (process.env.GIT_PREFIX)
    printHint('cd "$(git rev-parse --show-toplevel)"    # first: the commands above are for there')
  if (name !== 'pre-push') printHint('git nixsecret check --staged')
  return true
}
