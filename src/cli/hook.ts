import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { CheckResult } from '../guard/finding.ts'
import { runChainedHook } from '../setup/chained-hook.ts'
import { cutCommitMessage } from '../setup/cut-commit-message.ts'
import { HOOKS, type HookName, isHookName } from '../setup/hook-text.ts'

export const help = `usage: git nixsecret hook NAME [ARGUMENT…]

What the hooks of git call; NAME is one of ${HOOKS.join(', ')}.
The hook that was there before "git nixsecret init" runs first, with the same arguments and input; if it fails,
so does this. Then pre-commit, pre-merge-commit and pre-applypatch check what is staged, and pre-push checks every
commit that is pushed: exit 1 stops git. Each takes a diff that "git commit -v" left out of .git/COMMIT_EDITMSG.
`

/** Runs `hook`. */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || !isHookName(name)) {
    const what =
      name === undefined ? 'hook needs the name of one' : `there is no hook ${displayText(name)} of ours`
    throw new NixsecretError('usage', what, { hints: ['git-nixsecret hook --help'] })
  }
  // Of the commit just made, or of one that was given up: git writes the next one's only after pre-commit.
  await cutCommitMessage(process.cwd())
  // Only this one reads; all others leave standard input to the chained hook.
  const input = name === 'pre-push' ? await readInput() : null
  const code = await runChainedHook(name, rest, input)
  if (code !== 0) return code
  return name.startsWith('post-') ? 0 : check(name, rest, input)
}

async function check(name: HookName, args: readonly string[], input: Buffer | null): Promise<number> {
  const { openRepository } = await import('../git/repository.ts')
  const repo = await openRepository()
  let result: CheckResult
  if (name === 'pre-push') {
    const { checkPrePush } = await import('../guard/pre-push.ts')
    const [remote = '', url = remote] = args
    result = await checkPrePush(repo, input ?? Buffer.alloc(0), remote, url)
  } else {
    const { checkStaged } = await import('../guard/check.ts')
    result = await checkStaged(repo)
  }
  return (await report(name, result)) ? 1 : 0
}

/** @returns whether git must stop */
async function report(name: HookName, result: CheckResult): Promise<boolean> {
  const { hasErrors } = await import('../guard/finding.ts')
  const shown = result.findings.filter((finding) => finding.severity !== 'note')
  if (shown.length === 0) return false
  const [{ renderFindings }, { paintFor, printError, printHint }] = await Promise.all([
    import('./check/render.ts'),
    import('./print.ts'),
  ])
  process.stderr.write(renderFindings(shown, paintFor(process.stderr)))
  if (!hasErrors(result)) return false
  printError(
    `${name} stopped ${name === 'pre-push' ? 'the push' : 'the commit'}: nothing has left this machine`,
  )
  printHint(name === 'pre-push' ? 'git nixsecret check --help' : 'git nixsecret check --staged')
  return true
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
