import { createHash } from 'node:crypto'

/** The object id that git gives a blob with this content, in hexadecimal. */
export function blobId(content: Uint8Array, format: 'sha1' | 'sha256'): string {
  return createHash(format).update(`blob ${content.length}\0`).update(content).digest('hex')
}
