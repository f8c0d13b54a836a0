import type { BytePath } from '../../byte-path.ts'

/**
 * How one reader stands to one secret:
 * `reads`, by the policy, and the blob is sealed for them; `pending`, by the policy, but the blob is not sealed for them
 * (yet); `former`, the policy does not name them, but the blob is still sealed for them; `unknown`, the policy names
 * them, and the blob does not say; `none`.
 */
export type Cell = 'reads' | 'pending' | 'former' | 'unknown' | 'none'

/**
 * How git has a secret: `sealed` for just its readers; `stale`, for others; `other-format`, an age file that is to be a
 * SOPS document or the reverse; `no-digest`, it does not say for whom; `plaintext`, never sealed; `empty`; `untracked`,
 * not in git yet; `damaged`; `unmerged`, in a conflict; `not-a-file`, a symlink or submodule, which git never encrypts;
 * `absent`, left out by a partial clone; `no-reader`, the policy names nobody; with a comparison, `unprotected`, no
 * longer filtered, and `gone`.
 */
export type SecretState =
  | 'sealed'
  | 'stale'
  | 'other-format'
  | 'no-digest'
  | 'plaintext'
  | 'empty'
  | 'untracked'
  | 'damaged'
  | 'unmerged'
  | 'not-a-file'
  | 'absent'
  | 'no-reader'
  | 'unprotected'
  | 'gone'

/** What became of a secret since an earlier commit; `readers`: only who reads it. Null: nothing. */
export type SecretChange = 'new' | 'gone' | 'moved' | 'protected' | 'unprotected' | 'readers' | null

/** A key that reads something, or did. One a key, whatever names it has. */
export interface Reader {
  /** Canonical public key; of a SOPS master key of another kind, its name. */
  readonly key: string
  /** In the policy, or in an earlier one; the key itself where none has a name for it. At least one. */
  readonly names: readonly string[]
  /** A name that no other reader here has. */
  readonly label: string
  /** Of the policy, by name. */
  readonly groups: readonly string[]
  /** Whether a private key here is theirs, as far as that shows without a passphrase. */
  readonly own: boolean
  /** Whether the policy has the key. */
  readonly current: boolean
}

/** One secret. */
export interface SecretRow {
  readonly path: BytePath
  readonly state: SecretState
  /** Why it is damaged, else null. */
  readonly reason: string | null
  /** One a reader, in the order of {@link AccessMatrix.readers}. */
  readonly cells: readonly Cell[]
  readonly change: SecretChange
  /** Where it was, if it moved. */
  readonly from: BytePath | null
  /** Indexes of readers whom the policy gave it, or took it from, since. */
  readonly gained: readonly number[]
  readonly lost: readonly number[]
}

/** Where something was looked at. */
export type Place =
  | { readonly kind: 'index'; readonly policy: 'work tree' | 'index' | 'HEAD' | null }
  | { readonly kind: 'commit'; readonly commit: string; readonly name: string }

/** Who can read what. */
export interface AccessMatrix {
  readonly at: Place
  readonly since: Place | null
  readonly readers: readonly Reader[]
  /** Group of the policy → indexes of readers. */
  readonly groups: ReadonlyMap<string, readonly number[]>
  /** By path. */
  readonly secrets: readonly SecretRow[]
}

/** States that somebody should do something about. */
export const ATTENTION: ReadonlySet<SecretState> = new Set<SecretState>([
  'stale',
  'other-format',
  'plaintext',
  'damaged',
  'unmerged',
  'not-a-file',
  'no-reader',
  'unprotected',
])
