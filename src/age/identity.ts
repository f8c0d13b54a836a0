import type { Stanza } from './stanza.ts'

/** A private key that may open files. */
export interface AgeIdentity {
  /** Where it came from, for people; never a part of the key. */
  readonly description: string
  /** The canonical public key (see `AgeRecipient.canonical`), null where only a passphrase or a plugin would tell. */
  readonly recipient: string | null
  /** The plugin of age that it takes to use this key. */
  readonly plugin?: string
  /** Whether {@link unwrap} may ask for a passphrase, or for a touch: such keys come last. */
  readonly mayAsk?: boolean
  /**
   * Of a key that ssh-agent holds: its public key, which the agent has to be asked for, twice, to see that it signs
   * the same way each time.
   * @throws NixsecretError `identity` where the agent can't be used
   */
  reveal?(): Promise<string | null>
  /**
   * The file key, from the first stanza that this key opens; null where none does, or where the passphrase
   * can't be had.
   * @throws NixsecretError `format` where a stanza of this key's kind is malformed, or is this key's but broken
   */
  unwrap(stanzas: readonly Stanza[]): Uint8Array | null | Promise<Uint8Array | null>
  /** Of an `ssh-ed25519` key: the X25519 key that ssh-to-age makes of it. Where it may ask, only once it is to unwrap. */
  converted?(): AgeIdentity | null
}
