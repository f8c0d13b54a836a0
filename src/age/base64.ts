import { asBuffer } from './as-buffer.ts'

/** Bytes to base64 without padding, as age writes it everywhere but in armor (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = asBuffer(bytes).toString('base64')
  const padding = text.indexOf('=')
  return padding === -1 ? text : text.slice(0, padding)
}

/**
 * Strict: the one canonical spelling, no padding, no whitespace, no URL alphabet.
 * @returns null where the text is anything else
 */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return encodeBase64(bytes) === text ? bytes : null
}

/** Like {@link decodeBase64}, for the padded form of armor and of SSH public keys. */
export function decodePaddedBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
