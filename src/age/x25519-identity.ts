import { NixsecretError } from '../errors.ts'
import { decodeBase64 } from './base64.ts'
import { encodeBech32 } from './bech32.ts'
import { deriveKey } from './derive-key.ts'
import { openFileKey, WRAPPED_KEY_SIZE } from './file-key.ts'
import type { AgeIdentity } from './identity.ts'
import { exchange, importPoint, importScalar, POINT_SIZE, publicPoint } from './x25519.ts'
import { X25519_LABEL } from './x25519-recipient.ts'

/**
 * An `AGE-SECRET-KEY-1…` key (https://c2sp.org/age#x25519-recipient-stanza).
 * @param scalar 32 bytes
 */
export function x25519Identity(scalar: Buffer, description: string): AgeIdentity {
  const privateKey = importScalar(scalar)
  const point = publicPoint(privateKey)
  return {
    description,
    recipient: encodeBech32('age', point),
    unwrap(stanzas) {
      for (const { args, body } of stanzas) {
        if (args[0] !== 'X25519') continue
        const share = args.length === 2 ? decodeBase64(args[1] as string) : null
        if (share?.length !== POINT_SIZE || body.length !== WRAPPED_KEY_SIZE)
          throw new NixsecretError('format', 'malformed X25519 stanza')
        const secret = exchange(privateKey, importPoint(share))
        if (secret === null) throw new NixsecretError('format', 'X25519 stanza with a share of low order')
        // The stanzas are anonymous: whether it is ours shows only when it opens.
        const fileKey = openFileKey(body, deriveKey(secret, Buffer.concat([share, point]), X25519_LABEL))
        if (fileKey !== null) return fileKey
      }
      return null
    },
  }
}
