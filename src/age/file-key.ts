import { createCipheriv, createDecipheriv } from 'node:crypto'

/** In bytes (https://c2sp.org/age#file-key). */
export const FILE_KEY_SIZE = 16
/** In bytes: a file key with its Poly1305 tag. */
export const WRAPPED_KEY_SIZE = FILE_KEY_SIZE + 16

// Each wrapping key is used once, so age fixes the nonce.
const NONCE = Buffer.alloc(12)
const OPTIONS = { authTagLength: 16 } as const

/** Encrypts a file key under a wrapping key of 32 bytes that is never used again. */
export function sealFileKey(fileKey: Uint8Array, wrappingKey: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', wrappingKey, NONCE, OPTIONS)
  const body = cipher.update(fileKey)
  cipher.final()
  return Buffer.concat([body, cipher.getAuthTag()])
}

/**
 * @param body {@link WRAPPED_KEY_SIZE} bytes
 * @returns null where the wrapping key is another one
 */
export function openFileKey(body: Uint8Array, wrappingKey: Uint8Array): Buffer | null {
  const decipher = createDecipheriv('chacha20-poly1305', wrappingKey, NONCE, OPTIONS)
  decipher.setAuthTag(body.subarray(FILE_KEY_SIZE))
  const fileKey = decipher.update(body.subarray(0, FILE_KEY_SIZE))
  try {
    decipher.final()
    return fileKey
  } catch {
    return null
  }
}
