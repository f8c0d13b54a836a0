import { NixsecretError } from '../errors.ts'
import type { KeyRecipient } from './age-recipient.ts'
import { encodeBase64 } from './base64.ts'
import { encodeBech32 } from './bech32.ts'
import { deriveKey } from './derive-key.ts'
import { sealFileKey } from './file-key.ts'
import { exchange, generateEphemeral, importPoint, isLowOrder } from './x25519.ts'

/** Info of the key derivation of X25519 stanzas. */
export const X25519_LABEL = 'age-encryption.org/v1/X25519'

/**
 * An `age1…` key (https://c2sp.org/age#x25519-recipient-stanza).
 * @param point 32 bytes
 * @throws NixsecretError `recipient` where the point is of low order: anyone could read what is encrypted to it
 */
export function x25519Recipient(point: Buffer): KeyRecipient {
  const publicKey = importPoint(point)
  const weak = () => new NixsecretError('recipient', 'age1 key of low order: it protects nothing')
  if (isLowOrder(publicKey)) throw weak()
  return {
    type: 'x25519',
    canonical: encodeBech32('age', point),
    stanzaType: 'X25519',
    tag: null,
    postQuantum: false,
    wrap(fileKey) {
      const { privateKey, share } = generateEphemeral()
      const secret = exchange(privateKey, publicKey)
      if (secret === null) throw weak()
      const wrappingKey = deriveKey(secret, Buffer.concat([share, point]), X25519_LABEL)
      return { args: ['X25519', encodeBase64(share)], body: sealFileKey(fileKey, wrappingKey) }
    },
  }
}
