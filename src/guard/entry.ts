import type { TreeState } from '../blob/tree-state.ts'
import type { BytePath } from '../byte-path.ts'

/**
 * How something came into a commit: `brought` by a commit with one parent or none, or into the index;
 * `merged`, made by a merge, as it is in none of its parents; `kept`, it was in a parent already.
 */
export type Origin = 'brought' | 'merged' | 'kept'

/** One path of one commit or of the index: what sources give and rules judge. */
export interface Entry {
  /** Null for the index and the work tree. */
  readonly commit: string | null
  readonly path: BytePath
  readonly mode: string
  readonly oid: string
  readonly origin: Origin
  /** Whether the commit is what a ref will point at. */
  readonly tip: boolean
  /** In the index: neither this path nor the policy differs from a parent. A commit's entries are never settled. */
  readonly settled: boolean
  readonly state: TreeState
  /** How git has it, if it is a file as it lies in the work tree. */
  readonly lies?: 'tracked' | 'untracked' | 'ignored'
}

/** What a commit or the index was made from, for rules that compare. */
export interface Change {
  /** Object ids of commits, at least one. */
  readonly parents: readonly string[]
  readonly before: readonly TreeState[]
  /** Paths that every parent has and that are no regular file any more. */
  readonly gone: readonly BytePath[]
}

/** What sources give at a time: entries of one commit or of the index. */
export interface Step {
  /** Null for the index and the work tree. */
  readonly commit: string | null
  readonly tip: boolean
  readonly state: TreeState
  readonly entries: readonly Entry[]
  /** False: nothing up to here says of any file that it is to be encrypted, so only content counts. */
  readonly guarded: boolean
  /** Null where there is nothing to compare with. */
  readonly change: Change | null
}

/** Whether an entry is a regular file, so that it has content. */
export function isFile({ mode }: { readonly mode: string }): boolean {
  return mode.startsWith('100')
}
