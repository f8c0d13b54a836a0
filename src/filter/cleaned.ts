import type { LargeSink } from './incoming.ts'

/** What clean hands to git, and what the user should hear about it. */
export interface Cleaned {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
  readonly warning?: string
  /** Names of readers whom the policy has and the user has not accepted: what is new here is not for them. */
  readonly leftOut?: readonly string[]
  /** A SOPS document that passed as it is. */
  readonly wasSealed?: boolean
}

/** A large file on its way into git. */
export interface LargeClean extends LargeSink {
  /** @throws NixsecretError where it must not enter git as it is */
  finish(): Promise<Cleaned>
}
