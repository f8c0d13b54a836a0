import { createHash } from 'node:crypto'
import type { AgeRecipient } from '../age-recipient.ts'
import { decodePaddedBase64 } from '../base64.ts'
import type { AgeIdentity } from '../identity.ts'
import { POINT_SIZE } from '../x25519.ts'
import { x25519Identity } from '../x25519-identity.ts'
import { x25519Recipient } from '../x25519-recipient.ts'
import { montgomeryPoint } from './edwards.ts'
import type { SshPrivateKey } from './private-key.ts'
import { parsePublicKey, type SshPublicKey } from './public-key.ts'

/**
 * The `age1…` key that ssh-to-age and sops-nix make of an `ssh-ed25519` key
 * (https://github.com/Mic92/ssh-to-age/blob/main/convert.go): its point on the Montgomery curve.
 * @returns null for every other key
 */
export function convertedRecipient({ type, canonical }: AgeRecipient): AgeRecipient | null {
  if (type !== 'ssh-ed25519') return null
  const key = parsePublicKey(decodePaddedBase64(canonical.split(' ')[1] ?? '') ?? Buffer.alloc(0))
  return typeof key === 'string' ? null : convertedPublicKey(key)
}

/** The same for a key that has been read; null for an RSA key. */
export function convertedPublicKey(key: SshPublicKey): AgeRecipient | null {
  const point = key.type === 'ssh-ed25519' ? montgomeryPoint(key.point) : null
  return point === null ? null : x25519Recipient(point)
}

/**
 * The private half: the scalar of the Ed25519 key, which is the first half of the SHA-512 of its seed.
 * @returns null for an RSA key
 */
export function convertedIdentity(key: SshPrivateKey, description: string): AgeIdentity | null {
  if (key.type !== 'ssh-ed25519') return null
  const scalar = createHash('sha512').update(key.seed).digest().subarray(0, POINT_SIZE)
  return x25519Identity(scalar, description)
}
