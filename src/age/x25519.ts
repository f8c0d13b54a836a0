import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { asBuffer } from './as-buffer.ts'

/** Size of scalars and points, in bytes (RFC 7748). */
export const POINT_SIZE = 32

/** A scalar as a key object. As JWK that costs 46 µs, as DER 640 (measured). */
export function importScalar(scalar: Uint8Array): KeyObject {
  // Node asks for `x` but never looks at it: the scalar decides.
  const jwk = { kty: 'OKP', crv: 'X25519', x: '', d: asBuffer(scalar).toString('base64url') }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

/** A point's u-coordinate as a key object. As JWK that costs 8 µs, as DER 142 (measured). */
export function importPoint(point: Uint8Array): KeyObject {
  const jwk = { kty: 'OKP', crv: 'X25519', x: asBuffer(point).toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

const basePoint = Buffer.alloc(POINT_SIZE)
basePoint[0] = 9
let basePointKey: KeyObject | undefined

/** The public point of a scalar. */
export function publicPoint(scalar: KeyObject): Buffer {
  basePointKey ??= importPoint(basePoint)
  return diffieHellman({ privateKey: scalar, publicKey: basePointKey })
}

/**
 * X25519 (RFC 7748, section 6.1).
 * @returns null where the result is all zero because the point is of low order: nobody may go on with that
 */
export function exchange(privateKey: KeyObject, publicKey: KeyObject): Buffer | null {
  let secret: Buffer
  try {
    secret = diffieHellman({ privateKey, publicKey })
  } catch {
    return null // OpenSSL itself refuses an all-zero result
  }
  return secret.every((byte) => byte === 0) ? null : secret
}

let anyScalar: KeyObject | undefined

/** Whether every exchange with this point gives zero. Any scalar tells: clamping makes them all multiples of 8. */
export function isLowOrder(point: KeyObject): boolean {
  anyScalar ??= importScalar(Buffer.alloc(POINT_SIZE, 1))
  return exchange(anyScalar, point) === null
}

/** A key pair for one stanza. */
export interface Ephemeral {
  readonly privateKey: KeyObject
  /** The u-coordinate that goes into the stanza. */
  readonly share: Buffer
}

/** Asking for the public half as JWK spares an export, which costs more than the key (measured). */
export function generateEphemeral(): Ephemeral {
  const generate = generateKeyPairSync as unknown as (
    type: 'x25519',
    options: { publicKeyEncoding: { format: 'jwk' } },
  ) => { publicKey: JsonWebKey; privateKey: KeyObject }
  const pair = generate('x25519', { publicKeyEncoding: { format: 'jwk' } })
  return { privateKey: pair.privateKey, share: Buffer.from(pair.publicKey.x as string, 'base64url') }
}
