import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { HOOKS, isHookName, SERVER_HOOK } from '../setup/hook-text.ts'
import { bringsCommits } from './hook/brings-commits.ts'
import { tidyUp } from './hook/tidy-up.ts'

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
  // git calls these after every commit and checkout: they load little.
  if (name.startsWith('post-') && !bringsCommits(name, rest)) return tidyUp(name, rest, null)
  const { runGuardedHook } = await import('./hook/guarded-hook.ts')
  return runGuardedHook(name, rest)
}
