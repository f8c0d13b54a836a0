import type { HookName } from '../../setup/hook-text.ts'

/**
 * Whether a hook may have brought commits here: `post-checkout` brings none for single files, nor for a branch at the same
 * commit.
 * @param args of the hook; `post-checkout` has before, after, and whether it was a branch
 */
export function bringsCommits(name: HookName, [before, after, isBranch]: readonly string[]): boolean {
  return name === 'post-merge' || (name === 'post-checkout' && isBranch !== '0' && before !== after)
}
