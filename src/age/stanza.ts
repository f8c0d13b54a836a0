/**
 * One wrapped file key of an age header, or any other record in it
 * (https://c2sp.org/age#recipient-stanza). The shape is that of age-encryption's own `Stanza`.
 */
export interface Stanza {
  /** Type first, then its arguments: printable ASCII without space, never empty. */
  readonly args: string[]
  /** Decoded; may be empty. */
  readonly body: Uint8Array
}
