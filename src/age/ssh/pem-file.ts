import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { SshPrivateKey } from './private-key.ts'
import { ed25519Blob, parsePublicKey, rsaBlob } from './public-key.ts'

/** Whether the text is a PEM private key, as older ssh-keygen and OpenSSL write them. */
export function isPemFile(text: string): boolean {
  return /^\s*-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/.test(text)
}

/**
 * Reads an unencrypted PEM key (PKCS #1, PKCS #8).
 * @returns `encrypted`, or what is wrong with it, as a string without anything of the file
 */
export function parsePemKey(text: string): SshPrivateKey | string {
  if (/BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(text)) return 'encrypted'
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(text)
  } catch {
    return 'malformed PEM private key' // the cause might quote the key
  }
  const { asymmetricKeyType: type } = privateKey
  if (type !== 'rsa' && type !== 'ed25519') return 'age can use ed25519 and rsa keys only'
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const part = (name: 'n' | 'e' | 'x') => Buffer.from(publicJwk[name] as string, 'base64url')
  const publicKey = parsePublicKey(type === 'rsa' ? rsaBlob(part('n'), part('e')) : ed25519Blob(part('x')))
  if (typeof publicKey === 'string') return publicKey
  if (publicKey.type === 'ssh-rsa') return { type: 'ssh-rsa', publicKey, privateKey }
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d as string, 'base64url')
  return { type: 'ssh-ed25519', publicKey, seed }
}
