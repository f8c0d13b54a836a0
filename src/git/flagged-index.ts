import { bytePath } from '../byte-path.ts'
import type { TreeEntry } from './list-index.ts'
import { type GitOptions, runGit, splitNul } from './run-git.ts'

/** An entry of the index with the flags that the work tree depends on. */
export interface FlaggedEntry extends TreeEntry {
  /** Left out of the work tree on purpose (`skip-worktree`, sparse checkout). */
  readonly skipped: boolean
  /** git was told not to look for changes (`assume-unchanged`). */
  readonly pinned: boolean
}

/**
 * The whole index with its flags. A sparse index comes expanded.
 * @param options `cwd` must be the top of the work tree
 */
export async function listFlaggedIndex(options: GitOptions): Promise<FlaggedEntry[]> {
  return splitNul(await runGit(['ls-files', '-s', '-v', '-z'], options)).map((field) => {
    const tab = field.indexOf(9)
    const [tag = '', mode = '', oid = '', stage = ''] = field.subarray(0, tab).toString('latin1').split(' ')
    return {
      mode,
      oid,
      stage: Number(stage),
      path: bytePath(field.subarray(tab + 1)),
      skipped: tag.toUpperCase() === 'S',
      pinned: tag !== tag.toUpperCase(),
    }
  })
}
