import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { decodePaddedBase64 } from '../base64.ts'
import type { SshPublicKey } from './public-key.ts'
import { WireReader, wireString } from './wire.ts'

const MAGIC = Buffer.from('SSHSIG')
const VERSION = 1
const BEGIN = '-----BEGIN SSH SIGNATURE-----'
const END = '-----END SSH SIGNATURE-----'
/** A signature by an RSA key of 16,384 bits has some 6,000 bytes of base64. */
const MAX_SIZE = 16384
/** What the two kinds of keys must have signed with; RSA signs with SHA-1 too, if it is asked to. */
const FORMATS = { 'ssh-ed25519': 'ssh-ed25519', 'ssh-rsa': 'rsa-sha2-512' } as const

/** What a signature must be of. */
export interface Signed {
  readonly publicKey: SshPublicKey
  readonly namespace: string
  readonly message: Uint8Array
}

/**
 * Takes a signature out of the armor that `ssh-keygen -Y sign` prints, and holds all of it against what was asked for
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig): namespace, SHA-512, our public key, the
 * algorithm, and the signature itself.
 * @returns the raw signature: 64 bytes for Ed25519, as many as the modulus for RSA; or what is wrong, as a string
 */
export function readSshSignature(
  armored: Buffer,
  { publicKey, namespace, message }: Signed,
): Buffer | string {
  const blob = dearmorSignature(armored)
  if (blob === null) return 'no SSH signature'
  const reader = new WireReader(blob.subarray(MAGIC.length))
  const version = reader.uint32()
  const [key, space, reserved] = [reader.string(), reader.text(), reader.string()]
  const hash = reader.text()
  const inner = reader.string()
  if (version !== VERSION || key === null || inner === null || !reader.atEnd) return 'malformed SSH signature'
  if (!key.equals(publicKey.blob)) return 'signature by another key'
  if (space !== namespace || reserved?.length !== 0) return 'signature for another purpose'
  if (hash !== 'sha512') return 'signature over another hash than SHA-512'
  const parts = new WireReader(inner)
  const format = parts.text()
  const bytes = parts.string()
  if (bytes === null || !parts.atEnd) return 'malformed SSH signature'
  if (format !== FORMATS[publicKey.type])
    return `signature by another algorithm than ${FORMATS[publicKey.type]}`
  const signature = fullLength(bytes, publicKey)
  if (signature === null) return 'signature of the wrong length'
  const fits = verify(
    publicKey.type === 'ssh-rsa' ? 'sha512' : null,
    signedBytes(namespace, message),
    keyObject(publicKey),
    signature,
  )
  return fits ? signature : 'signature that does not verify'
}

/** What is really signed (PROTOCOL.sshsig, section 3). */
function signedBytes(namespace: string, message: Uint8Array): Buffer {
  const digest = createHash('sha512').update(message).digest()
  return Buffer.concat([MAGIC, ...[namespace, '', 'sha512', digest].map(wireString)])
}

function dearmorSignature(armored: Buffer): Buffer | null {
  if (armored.length > MAX_SIZE) return null
  const lines = armored.toString('latin1').trim().split(/\r?\n/)
  if (lines.shift() !== BEGIN || lines.pop() !== END) return null
  const blob = decodePaddedBase64(lines.join(''))
  return blob?.subarray(0, MAGIC.length).equals(MAGIC) ? blob : null
}

/** Some agents leave out zeros at the beginning of an RSA signature; with them it is the same for all agents. */
function fullLength(bytes: Buffer, key: SshPublicKey): Buffer | null {
  const length = key.type === 'ssh-rsa' ? key.modulus.length : 64
  if (bytes.length > length || (key.type !== 'ssh-rsa' && bytes.length < length)) return null
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes])
}

function keyObject(key: SshPublicKey): KeyObject {
  const jwk =
    key.type === 'ssh-rsa'
      ? { kty: 'RSA', n: key.modulus.toString('base64url'), e: key.exponent.toString('base64url') }
      : { kty: 'OKP', crv: 'Ed25519', x: key.point.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}
