import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { ed25519Blob, formatPublicKey } from './public-key.ts'
import { wireString } from './wire.ts'

/** A private SSH key that was just made. */
export interface NewSshKey {
  /** The file as ssh-keygen writes it, without a passphrase; private. */
  readonly file: Buffer
  /** The line of the `.pub` file, with the comment, without a line feed. */
  readonly publicKey: string
}

/** Characters of a line of the file. */
const LINE = 70
/** Bytes that the private part is padded to a multiple of, where there is no cipher. */
const BLOCK = 8

/**
 * Makes an Ed25519 key in OpenSSH's own format
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key).
 * @param comment one line of printable text, in both halves
 */
export function newSshKey(comment: string): NewSshKey {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  const blob = ed25519Blob(point)
  const pair = Buffer.concat([seed, point])
  const secret = privatePart(blob, pair, comment)
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    // No cipher, no key derivation, no options of one, one key.
    ...['none', 'none', ''].map(wireString),
    Buffer.of(0, 0, 0, 1),
    wireString(blob),
    wireString(secret),
  ])
  const lines = whole.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  const label = 'OPENSSH PRIVATE KEY'
  const file = Buffer.from(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`)
  for (const bytes of [seed, pair, secret, whole]) bytes.fill(0)
  return { file, publicKey: `${formatPublicKey({ type: 'ssh-ed25519', blob, point })} ${comment}` }
}

function privatePart(blob: Buffer, pair: Buffer, comment: string): Buffer {
  // Twice the same number: whoever decrypts sees by it whether the passphrase was right.
  const check = randomBytes(4)
  const parts = Buffer.concat([check, check, blob, wireString(pair), wireString(comment)])
  const padding = (BLOCK - (parts.length % BLOCK)) % BLOCK
  return Buffer.concat([parts, Buffer.from(Array.from({ length: padding }, (_, i) => i + 1))])
}
