import { createHash } from 'node:crypto'
import { encodeBase64 } from '../base64.ts'
import { WireReader, wireString } from './wire.ts'

/** RSA keys of fewer bits are refused; more than {@link MAX_RSA_BITS} OpenSSL itself refuses. */
export const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 16384

/** What age needs of an SSH public key. Numbers are big-endian, without leading zeros. */
export type SshPublicKey =
  | { readonly type: 'ssh-ed25519'; readonly blob: Buffer; readonly point: Buffer }
  | { readonly type: 'ssh-rsa'; readonly blob: Buffer; readonly modulus: Buffer; readonly exponent: Buffer }

/**
 * Reads the binary form of a public key (RFC 4253, section 6.6; RFC 8709, section 4).
 * @returns what is wrong with it, as a string, where age can't use it
 */
export function parsePublicKey(blob: Buffer): SshPublicKey | string {
  const reader = new WireReader(blob)
  const type = reader.text()
  if (type === 'ssh-ed25519') {
    const point = reader.string()
    if (point?.length !== 32 || !reader.atEnd) return 'malformed ssh-ed25519 key'
    return { type, blob, point }
  }
  if (type === 'ssh-rsa') {
    const exponent = reader.positive()
    const modulus = reader.positive()
    if (exponent === null || modulus === null || !reader.atEnd) return 'malformed ssh-rsa key'
    return rsaFault(exponent, modulus) ?? { type, blob, modulus, exponent }
  }
  return type === null ? 'malformed SSH key' : 'age encrypts to ssh-ed25519 and ssh-rsa keys only'
}

/** The key as in `authorized_keys`, without comment. */
export function formatPublicKey({ type, blob }: SshPublicKey): string {
  return `${type} ${blob.toString('base64')}`
}

/** How agessh marks the stanzas of a key: the start of its SHA-256 (https://pkg.go.dev/filippo.io/age/agessh). */
export function keyTag({ blob }: SshPublicKey): string {
  return encodeBase64(createHash('sha256').update(blob).digest().subarray(0, 4))
}

/** The binary form of an Ed25519 key. */
export function ed25519Blob(point: Buffer): Buffer {
  return Buffer.concat([wireString('ssh-ed25519'), wireString(point)])
}

/** The binary form of an RSA key, from big-endian numbers. */
export function rsaBlob(modulus: Buffer, exponent: Buffer): Buffer {
  return Buffer.concat([wireString('ssh-rsa'), wireString(signed(exponent)), wireString(signed(modulus))])
}

function signed(number: Buffer): Buffer {
  return (number[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), number]) : number
}

function rsaFault(exponent: Buffer, modulus: Buffer): string | null {
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  if (bits < MIN_RSA_BITS) return `ssh-rsa key of ${bits} bits: ${MIN_RSA_BITS} at least`
  if (bits > MAX_RSA_BITS) return `ssh-rsa key of ${bits} bits: ${MAX_RSA_BITS} at most`
  // As Go's crypto/rsa, which age uses, has it.
  const e = exponent.length > 4 ? Number.POSITIVE_INFINITY : exponent.readUIntBE(0, exponent.length)
  const odd = ((modulus.at(-1) as number) & 1) === 1
  return e < 3 || e > 2 ** 31 - 1 || e % 2 === 0 || !odd ? 'malformed ssh-rsa key' : null
}
