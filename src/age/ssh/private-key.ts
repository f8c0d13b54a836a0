import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SshPublicKey } from './public-key.ts'
import type { WireReader } from './wire.ts'

/** A private key that age can use, with its public half. */
export type SshPrivateKey =
  | {
      readonly type: 'ssh-ed25519'
      readonly publicKey: Extract<SshPublicKey, { type: 'ssh-ed25519' }>
      /** 32 bytes. */
      readonly seed: Buffer
    }
  | {
      readonly type: 'ssh-rsa'
      readonly publicKey: Extract<SshPublicKey, { type: 'ssh-rsa' }>
      readonly privateKey: KeyObject
    }

/**
 * Reads one private key as the agent protocol and OpenSSH's files have it
 * (https://www.ietf.org/archive/id/draft-ietf-sshm-ssh-agent-05.html, section 3.2).
 * @param publicKey the half that must fit it
 * @returns null where it is malformed, or the halves do not fit
 */
export function readPrivateKey(reader: WireReader, publicKey: SshPublicKey): SshPrivateKey | null {
  if (reader.text() !== publicKey.type) return null
  if (publicKey.type === 'ssh-ed25519') {
    const point = reader.string()
    const pair = reader.string()
    if (point === null || pair?.length !== 64) return null
    if (!point.equals(publicKey.point) || !pair.subarray(32).equals(point)) return null
    return { type: 'ssh-ed25519', publicKey, seed: Buffer.from(pair.subarray(0, 32)) }
  }
  const privateKey = readRsa(reader, publicKey)
  return privateKey === null ? null : { type: 'ssh-rsa', publicKey, privateKey }
}

function readRsa(reader: WireReader, publicKey: { modulus: Buffer; exponent: Buffer }): KeyObject | null {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.positive())
  if (!n || !e || !d || !qi || !p || !q) return null
  if (!n.equals(publicKey.modulus) || !e.equals(publicKey.exponent)) return null
  const [prime1, prime2, secret] = [toNumber(p), toNumber(q), toNumber(d)]
  if (prime1 < 3n || prime2 < 3n || prime1 * prime2 !== toNumber(n)) return null
  const [dp, dq] = [secret % (prime1 - 1n), secret % (prime2 - 1n)]
  // OpenSSL would take any numbers, and with wrong ones open nothing.
  const isInverse = (a: bigint, b: Buffer, modulus: bigint) => (a * toNumber(b)) % modulus === 1n
  if (!isInverse(dp, e, prime1 - 1n) || !isInverse(dq, e, prime2 - 1n)) return null
  if (!isInverse(prime2, qi, prime1)) return null
  const parts = { n, e, d, p, q, dp: fromNumber(dp), dq: fromNumber(dq), qi }
  const encoded = Object.entries(parts).map(([name, bytes]) => [name, bytes.toString('base64url')])
  try {
    return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(encoded) }, format: 'jwk' })
  } catch {
    return null
  }
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

function fromNumber(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
