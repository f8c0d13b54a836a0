import { gitPaths } from '../../git/git-path.ts'
import { runChainedHook } from '../../setup/chained-hook.ts'
import { cutCommitMessage } from '../../setup/cut-commit-message.ts'
import type { HookName } from '../../setup/hook-text.ts'

/**
 * What every hook does first: takes plaintext out of `COMMIT_EDITMSG`, and runs the hook that was there before.
 * @param input what git wrote to standard input, where that was read already; null hands ours on
 * @returns the exit code of that hook
 */
export async function tidyUp(name: HookName, args: readonly string[], input: Buffer | null): Promise<number> {
  const [hooks = '', message = ''] = await gitPaths(['hooks', 'COMMIT_EDITMSG'], process.cwd())
  // Of the commit just made, or of one that was given up: git writes the next one's only after pre-commit.
  cutCommitMessage(message)
  return runChainedHook(hooks, name, args, input)
}
