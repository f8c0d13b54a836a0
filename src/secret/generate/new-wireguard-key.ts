import { randomBytes } from 'node:crypto'
import { importScalar, POINT_SIZE, publicPoint } from '../../age/x25519.ts'
import type { Made } from './made.ts'

/** A key as `wg genkey` and `wg pubkey` print it: base64 of 32 bytes, the private one clamped (RFC 7748, section 5). */
export function newWireguardKey(): Made {
  const scalar = randomBytes(POINT_SIZE)
  scalar[0] = (scalar[0] as number) & 248
  scalar[31] = ((scalar[31] as number) & 127) | 64
  const publicHalf = `${publicPoint(importScalar(scalar)).toString('base64')}\n`
  const content = Buffer.from(`${scalar.toString('base64')}\n`)
  scalar.fill(0)
  return { content, publicHalf, what: 'a WireGuard key', bits: 128 }
}
