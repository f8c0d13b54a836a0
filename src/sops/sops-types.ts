/** The data key, sealed for one age recipient. */
export interface SopsAgeKey {
  /** `age1…`, `ssh-ed25519 …`, as the document has it. */
  readonly recipient: string
  /** An armored age file that holds the data key. */
  readonly enc: string
}

/** Names of the settings that say which values are encrypted; a document has at most one of them. */
export type SopsRuleName =
  | 'unencrypted_suffix'
  | 'encrypted_suffix'
  | 'unencrypted_regex'
  | 'encrypted_regex'
  | 'unencrypted_comment_regex'
  | 'encrypted_comment_regex'

/** Which values are encrypted, and what the MAC is over. */
export interface SopsSettings {
  /** Null: the default, `unencrypted_suffix` `_unencrypted`. */
  readonly rule: { readonly name: SopsRuleName; readonly value: string } | null
  readonly macOnlyEncrypted: boolean
}

/** What a SOPS document says of itself in the clear. */
export interface SopsMetadata {
  readonly age: readonly SopsAgeKey[]
  /** RFC 3339, as written. */
  readonly lastModified: string
  /** `ENC[…]` */
  readonly mac: string
  readonly version: string
  readonly settings: SopsSettings
  /** Kinds of master keys beside age that hold the data key: `pgp`, `kms`, `hc_vault`, … */
  readonly otherKeys: readonly string[]
  /** More than one: the data key is split (Shamir), and can be neither had nor sealed here. */
  readonly keyGroups: number
}
