import type { Stanza } from './stanza.ts'

/** A public key that files can be encrypted to with what is here. */
export interface KeyRecipient {
  readonly type: 'x25519' | 'mlkem768x25519' | 'ssh-ed25519' | 'ssh-rsa'
  /** The one spelling of this key: no comment, no whitespace around it. */
  readonly canonical: string
  /** First argument of the stanzas that {@link wrap} makes. */
  readonly stanzaType: 'X25519' | 'mlkem768x25519' | 'ssh-ed25519' | 'ssh-rsa'
  /** Second argument of its stanzas, six characters of base64, for SSH keys; the others' stanzas are anonymous. */
  readonly tag: string | null
  readonly postQuantum: boolean
  /** A promise only for post-quantum keys. */
  wrap(fileKey: Uint8Array): Stanza | Promise<Stanza>
}

/** A public key that only the program `age-plugin-NAME` can encrypt to. */
export interface PluginRecipient {
  readonly type: 'plugin'
  /** In lower case; held to the grammar of `isPluginName`. */
  readonly name: string
  readonly canonical: string
  /** For the plugin to choose. */
  readonly stanzaType: null
  readonly tag: null
  /** For the plugin to say, by a label, when it encrypts. */
  readonly postQuantum: null
}

/** A public key that files can be encrypted to. */
export type AgeRecipient = KeyRecipient | PluginRecipient
