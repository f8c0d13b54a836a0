import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { isSopsType, type SopsValue } from './sops-value.ts'

const CIPHER = 'aes-256-gcm'
const IV_SIZE = 32
const TAG_SIZE = 16
const VALUE =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/]+={0,2}),iv:([A-Za-z0-9+/]+={0,2}),tag:([A-Za-z0-9+/]{22}==),type:([a-z]+)\]$/

/** Whether a text is, or is meant to be, a value that SOPS encrypted. */
export function looksSealed(text: string): boolean {
  return text.startsWith('ENC[AES256_GCM,')
}

/** Whether a text has the form of an encrypted value, whole. */
export function isSealed(text: string): boolean {
  return VALUE.test(text)
}

/** What SOPS authenticates with a value: the names on the way to it; items of lists have none. */
export function pathData(path: readonly string[]): string {
  return `${path.join(':')}:`
}

/**
 * Encrypts a value (https://github.com/getsops/sops/blob/main/aes/cipher.go), under a new nonce.
 * @param key 32 bytes
 * @param authenticated see {@link pathData}
 */
export function sealValue({ type, data }: SopsValue, key: Uint8Array, authenticated: string): string {
  const iv = randomBytes(IV_SIZE)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_SIZE })
  cipher.setAAD(Buffer.from(authenticated, 'utf8'))
  const sealed = Buffer.concat([cipher.update(data), cipher.final()]).toString('base64')
  const tag = cipher.getAuthTag().toString('base64')
  return `ENC[AES256_GCM,data:${sealed},iv:${iv.toString('base64')},tag:${tag},type:${type}]`
}

/** @returns null where it is no encrypted value, or not one of this key at this place */
export function openValue(text: string, key: Uint8Array, authenticated: string): SopsValue | null {
  const match = VALUE.exec(text)
  if (match === null) return null
  const [data, iv, tag] = [1, 2, 3].map((at) => Buffer.from(match[at] as string, 'base64')) as Buffer[]
  const type = match[4] as string
  if (!isSopsType(type) || !data || !iv || !tag || iv.length < 12 || iv.length > 128) return null
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_SIZE })
  decipher.setAAD(Buffer.from(authenticated, 'utf8'))
  decipher.setAuthTag(tag)
  try {
    return { type, data: Buffer.concat([decipher.update(data), decipher.final()]) }
  } catch {
    return null
  }
}
