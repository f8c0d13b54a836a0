import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import type { GitCryptKey } from './git-crypt-key.ts'

const MAGIC = Buffer.from('\0GITCRYPT\0', 'latin1')
const NONCE_SIZE = 12

/** Whether these bytes begin as a file that git-crypt encrypted. */
export function beginsAsGitCrypt(blob: Buffer): boolean {
  return blob.length >= MAGIC.length + NONCE_SIZE && blob.subarray(0, MAGIC.length).equals(MAGIC)
}

/**
 * Opens a blob of git-crypt: AES-256 in counter mode, whose nonce is the beginning of the HMAC-SHA1 of the plaintext,
 * so that the right key, and nothing changed, shows.
 * @returns null where none of the keys fits, or the blob was changed: the two look the same
 * @see https://github.com/AGWA/git-crypt/blob/master/commands.cpp
 */
export function openGitCrypt(blob: Buffer, keys: readonly GitCryptKey[]): Buffer | null {
  if (!beginsAsGitCrypt(blob)) return null
  const body = MAGIC.length + NONCE_SIZE
  const nonce = blob.subarray(MAGIC.length, body)
  for (const { aesKey, hmacKey } of keys) {
    const counter = Buffer.concat([nonce, Buffer.alloc(4)])
    const plaintext = createDecipheriv('aes-256-ctr', aesKey, counter).update(blob.subarray(body))
    const digest = createHmac('sha1', hmacKey).update(plaintext).digest()
    if (timingSafeEqual(digest.subarray(0, NONCE_SIZE), nonce)) return plaintext
  }
  return null
}
