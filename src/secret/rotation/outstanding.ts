import type { BytePath } from '../../byte-path.ts'
import type { CommitInfo } from '../../git/commit-info.ts'
import type { Overdue } from './overdue.ts'

/** A key that could read what a secret still is, and is no reader of it any more. */
export interface Outstanding {
  readonly path: BytePath
  /** Canonical; of a SOPS document also the kind of another master key, as `pgp`. */
  readonly key: string
  /** What policies have called the key, the latest first; none where none has it. */
  readonly names: readonly string[]
  /**
   * The commit that took access away, or that moved the secret to where they are no reader (`moved`); null where the policy
   * of HEAD still gives it (`uncommitted`), or where no commit that leads to HEAD ever gave it (`elsewhere`: another branch
   * did, or a blob was sealed for it all the same).
   */
  readonly lost: CommitInfo | null
  readonly lostHow: 'commit' | 'moved' | 'uncommitted' | 'elsewhere'
  /** What they could open: a path of then, its blob, and the first commit that had it there. */
  readonly opened: { readonly path: BytePath; readonly oid: string; readonly commit: string }
  /** Whether what git has in the index is sealed for it still. */
  readonly stillSealed: boolean
  /** Why it counts though nobody here can tell whether it is the same; null where it is. */
  readonly unsure: string | null
}

/** A secret that lies in some commit as plaintext, just as it is now. */
export interface Exposed {
  readonly path: BytePath
  readonly opened: Outstanding['opened']
}

/** What is to be changed because somebody knows it. */
export interface RotationReport {
  readonly outstanding: readonly Outstanding[]
  readonly exposed: readonly Exposed[]
  /** Those that `rotate` of the policy wants changed. */
  readonly overdue: readonly Overdue[]
  /** Secrets of which an earlier version does not say for whom it was sealed, and no policy tells. */
  readonly unknown: readonly BytePath[]
  /** Secrets in a merge conflict: they were not looked at. */
  readonly unmerged: readonly BytePath[]
  /** How many secrets there are. */
  readonly secrets: number
}
