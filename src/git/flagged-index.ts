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
    // `H 100644 OID 0<tab>PATH`; by position, as an index may have many thousands.
    const tab = field.indexOf('\t')
    if (tab === -1) continue
    const tag = field.charAt(0)
    entries.push({
      mode: field.slice(2, 8),
      oid: field.slice(9, tab - 2),
      stage: Number(field.charAt(tab - 1)),
      path: field.slice(tab + 1) as BytePath,
      skipped: tag === 'S' || tag === 's',
      pinned: tag >= 'a',
    })
  }
  return entries
}
