import { createHash, privateDecrypt } from 'node:crypto'
import { NixsecretError } from '../../errors.ts'
import { decodeBase64 } from '../base64.ts'
import { deriveKey } from '../derive-key.ts'
import { FILE_KEY_SIZE, openFileKey, WRAPPED_KEY_SIZE } from '../file-key.ts'
import type { AgeIdentity } from '../identity.ts'
import type { Stanza } from '../stanza.ts'
import { exchange, importPoint, importScalar, POINT_SIZE, publicPoint } from '../x25519.ts'
import { convertedIdentity } from './converted-key.ts'
import { ED25519_LABEL, ed25519Tweak } from './ed25519-recipient.ts'
import { montgomeryPoint } from './edwards.ts'
import type { SshPrivateKey } from './private-key.ts'
import { formatPublicKey, keyTag, type SshPublicKey } from './public-key.ts'
import { RSA_OPTIONS } from './rsa-recipient.ts'

/**
 * The stanzas that name this key by its tag.
 * @throws NixsecretError `format` where a stanza of this type is malformed, whoever it is for, as agessh does
 */
export function sshStanzas(stanzas: readonly Stanza[], publicKey: SshPublicKey): Stanza[] {
  const { type } = publicKey
  const tag = keyTag(publicKey)
  const ofType = stanzas.filter(({ args }) => args[0] === type)
  if (!ofType.every(type === 'ssh-rsa' ? isRsaStanza : isEd25519Stanza))
    throw broken(`malformed ${type} stanza`)
  return ofType.filter(({ args }) => args[1] === tag)
}

/**
 * A private SSH key, as agessh uses it (https://pkg.go.dev/filippo.io/age/agessh).
 * @throws NixsecretError `identity` where its halves do not fit
 */
export function sshIdentity(key: SshPrivateKey, description: string): AgeIdentity {
  const unwrapOne = key.type === 'ssh-rsa' ? rsaUnwrap(key) : ed25519Unwrap(key, description)
  return {
    description,
    recipient: formatPublicKey(key.publicKey),
    unwrap(stanzas) {
      const [stanza] = sshStanzas(stanzas, key.publicKey)
      if (stanza === undefined) return null
      const fileKey = unwrapOne(stanza)
      if (fileKey === null) throw broken(`broken ${key.type} stanza`)
      return fileKey
    },
    converted: () => convertedIdentity(key, description),
  }
}

function rsaUnwrap(key: Extract<SshPrivateKey, { type: 'ssh-rsa' }>): (stanza: Stanza) => Buffer | null {
  return ({ body }) => {
    try {
      const fileKey = privateDecrypt({ key: key.privateKey, ...RSA_OPTIONS }, body)
      return fileKey.length === FILE_KEY_SIZE ? fileKey : null
    } catch {
      return null
    }
  }
}

function ed25519Unwrap(
  { seed, publicKey }: Extract<SshPrivateKey, { type: 'ssh-ed25519' }>,
  description: string,
): (stanza: Stanza) => Buffer | null {
  // The scalar of an Ed25519 key (RFC 8032, section 5.1.5); X25519 itself clamps it.
  const scalar = importScalar(createHash('sha512').update(seed).digest().subarray(0, POINT_SIZE))
  const point = publicPoint(scalar)
  if (montgomeryPoint(publicKey.point)?.equals(point) !== true)
    throw new NixsecretError('identity', `${description}: private and public half do not fit`)
  const tweak = ed25519Tweak(publicKey)
  return ({ args, body }) => {
    const share = decodeBase64(args[2] as string) as Buffer
    const first = exchange(scalar, importPoint(share))
    const secret = first === null ? null : exchange(tweak, importPoint(first))
    if (secret === null) return null
    return openFileKey(body, deriveKey(secret, Buffer.concat([share, point]), ED25519_LABEL))
  }
}

function isRsaStanza({ args, body }: Stanza): boolean {
  return args.length === 2 && body.length > 0
}

function isEd25519Stanza({ args, body }: Stanza): boolean {
  const share = args.length === 3 ? decodeBase64(args[2] as string) : null
  return share?.length === POINT_SIZE && body.length === WRAPPED_KEY_SIZE
}

function broken(what: string): NixsecretError {
  return new NixsecretError('format', what)
}
