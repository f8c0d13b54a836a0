import type { BytePath } from '../../byte-path.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Place } from './matrix.ts'

/** A path that is to be encrypted, as one place has it. */
export interface SideFile {
  readonly path: BytePath
  /** Of the index or the tree; null where git does not have it yet. */
  readonly mode: string | null
  readonly oid: string | null
  /** Whether a merge left it in conflict. */
  readonly unmerged: boolean
}

/** What one place says of who can read what. */
export interface Side {
  readonly place: Place
  readonly policy: Policy | null
  /** Protected files, by path. */
  readonly files: ReadonlyMap<BytePath, SideFile>
  /** Every other file that git has there, which a comparison asks of what is no longer protected, or not yet. */
  readonly open: ReadonlySet<BytePath>
}
