import type { KeyObject } from 'node:crypto'
import { NixsecretError } from '../../errors.ts'
import type { KeyRecipient } from '../age-recipient.ts'
import { encodeBase64 } from '../base64.ts'
import { deriveKey } from '../derive-key.ts'
import { sealFileKey } from '../file-key.ts'
import { exchange, generateEphemeral, importPoint, importScalar } from '../x25519.ts'
import { montgomeryPoint } from './edwards.ts'
import { formatPublicKey, keyTag, type SshPublicKey } from './public-key.ts'

/** Info of the key derivations of ssh-ed25519 stanzas. */
export const ED25519_LABEL = 'age-encryption.org/v1/ssh-ed25519'

type Ed25519Key = Extract<SshPublicKey, { type: 'ssh-ed25519' }>

/** The scalar that binds the exchange to the SSH key (https://pkg.go.dev/filippo.io/age/agessh). */
export function ed25519Tweak(key: Ed25519Key): KeyObject {
  return importScalar(deriveKey(Buffer.alloc(0), key.blob, ED25519_LABEL))
}

/**
 * An `ssh-ed25519` key, as agessh uses it.
 * @throws NixsecretError `recipient` where it is no point of the curve, or one that protects nothing
 */
export function ed25519Recipient(key: Ed25519Key): KeyRecipient {
  const point = montgomeryPoint(key.point)
  if (point === null) throw new NixsecretError('recipient', 'ssh-ed25519 key that is no point of the curve')
  // X25519(tweak, X25519(ephemeral, point)) = X25519(ephemeral, X25519(tweak, point)): half of it is done here, once.
  const tweaked = exchange(ed25519Tweak(key), importPoint(point))
  const weak = () => new NixsecretError('recipient', 'ssh-ed25519 key of low order: it protects nothing')
  if (tweaked === null) throw weak()
  const publicKey = importPoint(tweaked)
  const tag = keyTag(key)
  return {
    type: 'ssh-ed25519',
    canonical: formatPublicKey(key),
    stanzaType: 'ssh-ed25519',
    tag,
    postQuantum: false,
    wrap(fileKey) {
      const { privateKey, share } = generateEphemeral()
      const secret = exchange(privateKey, publicKey)
      if (secret === null) throw weak()
      const wrappingKey = deriveKey(secret, Buffer.concat([share, point]), ED25519_LABEL)
      return { args: ['ssh-ed25519', tag, encodeBase64(share)], body: sealFileKey(fileKey, wrappingKey) }
    },
  }
}
