import { asBuffer } from '../age/as-buffer.ts'

/** Bytes; a SOPS document is read whole, so larger ones are neither written nor read. */
export const MAX_SOPS_SIZE = 16 << 20

/** What is in every document, as its MAC if nothing else. */
const VALUE = 'ENC[AES256_GCM,'

/**
 * Whether a content may be a SOPS document: a cheap look, so that what reads documents is loaded only where there are
 * any.
 * @param bytes the whole of it
 */
export function mayBeSops(bytes: Uint8Array): boolean {
  return mayBeginSops(bytes) && asBuffer(bytes).includes('sops')
}

/** The same of the beginning of a large one, whose metadata may be at its end. */
export function mayBeginSops(head: Uint8Array): boolean {
  return asBuffer(head).includes(VALUE)
}
