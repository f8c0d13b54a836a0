import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { NixsecretError } from '../../errors.ts'
import type { KeyRecipient } from '../age-recipient.ts'
import { formatPublicKey, keyTag, type SshPublicKey } from './public-key.ts'

/** RSA-OAEP as agessh uses it (https://pkg.go.dev/filippo.io/age/agessh), for `publicEncrypt` and `privateDecrypt`. */
export const RSA_OPTIONS = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: Buffer.from('age-encryption.org/v1/ssh-rsa'),
} as const

/**
 * An `ssh-rsa` key, as agessh uses it.
 * @throws NixsecretError `recipient` where OpenSSL can't use it
 */
export function rsaRecipient(key: Extract<SshPublicKey, { type: 'ssh-rsa' }>): KeyRecipient {
  const jwk = {
    kty: 'RSA',
    n: key.modulus.toString('base64url'),
    e: key.exponent.toString('base64url'),
  }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const tag = keyTag(key)
  return {
    type: 'ssh-rsa',
    canonical: formatPublicKey(key),
    stanzaType: 'ssh-rsa',
    tag,
    postQuantum: false,
    wrap(fileKey) {
      try {
        const body = publicEncrypt({ key: publicKey, ...RSA_OPTIONS }, fileKey)
        return { args: ['ssh-rsa', tag], body }
      } catch (cause) {
        throw new NixsecretError('recipient', 'ssh-rsa key that nothing can be encrypted to', { cause })
      }
    },
  }
}
