import type { Readers } from '../blob/readers.ts'
import type { ImportedSecret } from './import-plan.ts'

/** A secret that can come in: read, judged and, where need be, sealed. Nothing is staged yet. */
export interface PreparedSecret {
  readonly secret: ImportedSecret
  readonly readers: Readers
  /** What stands in the index now, or null. */
  readonly before: string | null
  /** The blob that is to stand there. */
  readonly oid: string
  readonly mode: string
  readonly skipped: boolean
  readonly pinned: boolean
  /** `there`: an earlier import sealed it; `kept`: the blob of the other scheme, byte for byte; `sealed`: sealed anew. */
  readonly outcome: 'there' | 'kept' | 'sealed'
  /** Keyed hash of the plaintext; null where no key here opened the blob that is kept. */
  readonly proof: Buffer | null
  /** Whether the blob that is kept carries other stanzas than its readers would get. */
  readonly stale: boolean
  /** Whether the blob that is kept does not say whom it is for. */
  readonly noDigest: boolean
}
