import { createHash } from 'node:crypto'
import { encodeBase64 } from '../base64.ts'

/** How OpenSSH names a public key: `SHA256:…`, 43 characters of base64 without padding. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${encodeBase64(createHash('sha256').update(blob).digest())}`
}
