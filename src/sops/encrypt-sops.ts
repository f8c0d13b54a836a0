import type { SopsKind } from './sops-kind.ts'
import type { SopsAgeKey, SopsSettings } from './sops-metadata.ts'

/** How a document is made. */
export interface EncryptSopsOptions {
  /** 32 bytes. */
  readonly dataKey: Uint8Array
  /** The data key, sealed for each reader. */
  readonly age: readonly SopsAgeKey[]
  readonly lastModified: Date
  /**
   * Documents that this one follows, the most important first: a value that stands at the same path in one of them
   * keeps its ciphertext, if that document has the same data key. The first one's settings and other metadata stay.
   */
  readonly previous?: readonly { readonly document: Uint8Array }[]
  /** For a document without a previous one. */
  readonly settings?: SopsSettings
  /**
   * Take out other master keys (pgp, kms, …) where the data key is a new one, which they don't hold. Otherwise that
   * is refused: their owners would be locked out.
   */
  readonly dropOtherKeys?: boolean
}

/**
 * The SOPS document of a plaintext. Where nothing changed, neither plaintext nor age keys, it is the bytes of the previous
 * one.
 * @throws NixsecretError `format` where the plaintext can't be read as `kind`, `refused` where SOPS could not hold it
 * without loss: with the line, never with a value
 */
export function encryptSops(
  _plaintext: Uint8Array,
  _kind: SopsKind,
  _options: EncryptSopsOptions,
): Uint8Array {
  throw new Error('being written')
}
