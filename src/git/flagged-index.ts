import type { BytePath } from '../byte-path.ts'
import type { TreeEntry } from './list-index.ts'
import { type GitOptions, runGit } from './run-git.ts'

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
  return parseFlaggedIndex(await readFlaggedIndex(options))
}

/** What {@link parseFlaggedIndex} reads, as git prints it. @param options `cwd` must be the top of the work tree */
export function readFlaggedIndex(options: GitOptions): Promise<Buffer> {
  return runGit(['ls-files', '-s', '-v', '-z'], options)
}

/** The entries that git printed. */
export function parseFlaggedIndex(output: Buffer): FlaggedEntry[] {
  const entries: FlaggedEntry[] = []
  for (const field of output.toString('latin1').split('\0')) {
    const tab = field.indexOf('\t')
    if (tab === -1) continue
    const [tag = '', mode = '', oid = '', stage = ''] = field.slice(0, tab).split(' ')
    entries.push({
      mode,
      oid,
      stage: Number(stage),
      path: field.slice(tab + 1) as BytePath,
      skipped: tag.toUpperCase() === 'S',
      pinned: tag !== tag.toUpperCase(),
    })
  }
  return entries
}
