import { generateKeyPairSync } from 'node:crypto'
import { encodeBech32 } from './bech32.ts'
import { x25519Identity } from './x25519-identity.ts'

/** A private key for age that was just made. */
export interface NewAgeKey {
  /** The file as age-keygen writes it; private. */
  readonly text: Buffer
  /** `age1…`. */
  readonly recipient: string
}

/**
 * Makes an X25519 key
 * (https://github.com/FiloSottile/age/blob/main/cmd/age-keygen/keygen.go: two lines of comment, then the key).
 * @param created stands in the first line, in UTC
 */
export function newAgeKey(created: Date): NewAgeKey {
  const { d = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  const scalar = Buffer.from(d, 'base64url')
  const recipient = x25519Identity(scalar, 'new key').recipient as string
  const key = encodeBech32('AGE-SECRET-KEY-', scalar).toUpperCase()
  scalar.fill(0)
  const time = `${created.toISOString().slice(0, 19)}Z`
  return { text: Buffer.from(`# created: ${time}\n# public key: ${recipient}\n${key}\n`), recipient }
}
