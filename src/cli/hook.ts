import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { gitPaths } from '../git/git-path.ts'
import type { Repository } from '../git/repository.ts'
import type { CheckResult } from '../guard/finding.ts'
import { runChainedHook } from '../setup/chained-hook.ts'
import { cutCommitMessage } from '../setup/cut-commit-message.ts'
import { HOOKS, type HookName, isHookName, SERVER_HOOK } from '../setup/hook-text.ts'
import { bringsCommits } from './hook/brings-commits.ts'
import { readInput } from './hook/read-input.ts'

export const help = `usage: git nixsecret hook NAME [ARGUMENT…]

What the hooks of git call; NAME is one of ${[...HOOKS, SERVER_HOOK].join(', ')}.
The hook that was there before "git nixsecret init" runs first, with the same arguments and input; if it fails,
so does this. Then pre-commit, pre-merge-commit and pre-applypatch check what is staged, and pre-push checks every
commit that is pushed: exit 1 stops git. Each takes a diff that "git commit -v" left out of .git/COMMIT_EDITMSG.
pre-receive judges what is pushed to this repository; if anything of it may not pass, nothing does.
`

/** Runs `hook`. */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || !isHookName(name)) {
    const what =
      name === undefined ? 'hook needs the name of one' : `there is no hook ${displayText(name)} of ours`
    throw new NixsecretError('usage', what, { hints: ['git-nixsecret hook --help'] })
  }
  if (name === SERVER_HOOK) {
    const { runPreReceive } = await import('./hook/pre-receive.ts')
    return runPreReceive(rest)
  }
  const check = name.startsWith('post-') ? null : prepare(name)
  // Awaited below, if the chained hook lets us; a fault must not count as unhandled until then.
  check?.catch(() => {})
  // Only this one reads; all others leave standard input to the chained hook.
  const input = name === 'pre-push' ? await readInput(name) : null
  const [hooks = '', message = ''] = await gitPaths(['hooks', 'COMMIT_EDITMSG'], process.cwd())
  // Of the commit just made, or of one that was given up: git writes the next one's only after pre-commit.
  cutCommitMessage(message)
  const code = await runChainedHook(hooks, name, rest, input)
  if (code === 0 && bringsCommits(name, rest)) {
    const { observeChange } = await import('./hook/observe-change.ts')
    await observeChange()
  }
  if (code !== 0 || check === null) return code
  const { repo, run } = await check
  const stopped = await report(name, await run(rest, input))
  if (name !== 'pre-push') {
    const { tellUnenrolled } = await import('./hook/tell-unenrolled.ts')
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
  const opening = import('../git/repository.ts').then(({ openRepository }) => openRepository())
  if (name === 'pre-push') {
    const [repo, { checkPrePush }] = await Promise.all([opening, import('../guard/pre-push.ts')])
    return {
      repo,
      run: ([remote = '', url = remote], input) => checkPrePush(repo, input ?? Buffer.alloc(0), remote, url),
    }
  }
  const [repo, { checkStaged }] = await Promise.all([opening, import('../guard/check.ts')])
  return { repo, run: () => checkStaged(repo) }
}

/** @returns whether git must stop */
async function report(name: HookName, result: CheckResult): Promise<boolean> {
  const { hasErrors } = await import('../guard/finding.ts')
  const shown = result.findings.filter((finding) => finding.severity !== 'note')
  if (shown.length === 0 && result.problems.length === 0) return false
  const [{ renderFindings }, { paintFor, printError, printHint, printNote }] = await Promise.all([
    import('./check/render.ts'),
    import('./print.ts'),
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
