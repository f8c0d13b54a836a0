import type { FoundKey } from '../../age/recipient-lines.ts'

/** Public keys from somewhere, for somebody to choose one of. */
export interface KeySource {
  /** Where from, for people; escaped. */
  readonly from: string
  readonly keys: readonly FoundKey[]
  /** What else came, for people. */
  readonly faults: readonly string[]
  /** What is to be known before one is trusted. */
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}
