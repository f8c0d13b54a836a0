import { decodePaddedBase64 } from '../base64.ts'
import { readPrivateKey, type SshPrivateKey } from './private-key.ts'
import { parsePublicKey, type SshPublicKey } from './public-key.ts'
import { WireReader } from './wire.ts'

const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
const END = '-----END OPENSSH PRIVATE KEY-----'
const MAGIC = 'openssh-key-v1\0'

/** The outside of an OpenSSH private key file: what is known of it without a passphrase. */
export interface OpensshFile {
  readonly publicKey: SshPublicKey
  /** `none` where there is no passphrase. */
  readonly cipher: string
  /** Rounds of bcrypt, 0 where there is no passphrase. */
  readonly rounds: number
  /** Private half, comment and padding; encrypted unless {@link cipher} is `none`. */
  readonly secret: Buffer
}

/** Whether the text is an OpenSSH private key file. */
export function isOpensshFile(text: string): boolean {
  return text.trimStart().startsWith(BEGIN)
}

/**
 * Reads the outside of a private key file
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key).
 * @returns what is wrong with it, as a string without anything of the file
 */
export function parseOpensshFile(text: string): OpensshFile | string {
  const lines = text.trim().split(/\r?\n/)
  if (lines.shift() !== BEGIN || lines.pop() !== END) return 'malformed OpenSSH private key'
  const bytes = decodePaddedBase64(lines.join(''))
  if (bytes?.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'malformed OpenSSH private key'
  const reader = new WireReader(bytes.subarray(MAGIC.length))
  const cipher = reader.text()
  const kdf = reader.text()
  const kdfOptions = reader.string()
  const count = reader.uint32()
  const blob = reader.string()
  const secret = reader.string()
  if (cipher === null || kdfOptions === null || blob === null || secret === null)
    return 'malformed OpenSSH private key'
  if (count !== 1) return 'OpenSSH private key file with more than one key'
  const rounds = bcryptRounds(kdf, kdfOptions)
  if (rounds === null || (cipher === 'none') !== (rounds === 0)) return 'malformed OpenSSH private key'
  // Authenticating ciphers leave their tag behind the last field.
  if (cipher === 'none' && !reader.atEnd) return 'malformed OpenSSH private key'
  const publicKey = parsePublicKey(blob)
  return typeof publicKey === 'string' ? publicKey : { publicKey, cipher, rounds, secret }
}

/**
 * The private half of a file without a passphrase.
 * @returns null where it is malformed, or does not fit the public half
 */
export function readOpenSecret({ secret, publicKey }: OpensshFile): SshPrivateKey | null {
  const reader = new WireReader(secret)
  const check = reader.uint32()
  if (check === null || check !== reader.uint32()) return null
  const key = readPrivateKey(reader, publicKey)
  if (key === null || reader.string() === null) return null
  // Padding is 1, 2, 3 … up to the block size.
  return reader.rest().every((byte, i) => byte === i + 1) ? key : null
}

/** @returns null where it is no key derivation that we know */
function bcryptRounds(kdf: string | null, options: Buffer): number | null {
  if (kdf === 'none') return options.length === 0 ? 0 : null
  if (kdf !== 'bcrypt') return null
  const reader = new WireReader(options)
  const salt = reader.string()
  const rounds = reader.uint32()
  return salt === null || salt.length === 0 || !reader.atEnd || rounds === 0 ? null : rounds
}
