import { NixsecretError } from '../errors.ts'
import { dearmor, isArmored, MAX_ARMORED_SIZE } from './armor.ts'
import { asBuffer } from './as-buffer.ts'
import { type Header, INTRO, parseHeader } from './header.ts'
import { plainSize } from './payload.ts'

/** What a blob is, as far as that shows without a key. */
export type BlobShape =
  | { readonly kind: 'empty' }
  | { readonly kind: 'plaintext' }
  /** Begins as an age file, but can be none: damaged, cut off, appended to. */
  | { readonly kind: 'broken'; readonly reason: string }
  | {
      readonly kind: 'age'
      readonly armored: boolean
      readonly header: Header
      /** In bytes. */
      readonly plaintextSize: number
    }

/** Whether the first line is that of an age file, binary (of any version) or armored. */
export function beginsAsAge(bytes: Uint8Array): boolean {
  const start = asBuffer(bytes).subarray(0, 40).toString('latin1')
  return /^age-encryption\.org\/v[0-9]{1,9}(\r?\n|$)/.test(start) || isArmored(bytes)
}

/**
 * Says what a blob is. Nothing is verified that needs a key.
 * @param head the whole blob, or its beginning as far as the header goes; of armored blobs always the whole
 * @param totalSize of the blob, in bytes
 */
export function inspectBlob(head: Uint8Array, totalSize: number): BlobShape {
  if (totalSize === 0) return { kind: 'empty' }
  if (!beginsAsAge(head)) return { kind: 'plaintext' }
  try {
    if (isArmored(head)) {
      if (totalSize > MAX_ARMORED_SIZE)
        return { kind: 'broken', reason: `age armor: larger than ${MAX_ARMORED_SIZE >> 20} MiB` }
      if (head.length < totalSize) return { kind: 'broken', reason: 'age armor: only its beginning was read' }
      const file = dearmor(head)
      return inspectBinary(file, file.length, true)
    }
    return inspectBinary(head, totalSize, false)
  } catch (error) {
    if (error instanceof NixsecretError) return { kind: 'broken', reason: error.message }
    throw error
  }
}

function inspectBinary(head: Uint8Array, totalSize: number, armored: boolean): BlobShape {
  const start = asBuffer(head)
    .subarray(0, INTRO.length + 2)
    .toString('latin1')
  if (start === `${INTRO}\r\n`) throw new NixsecretError('format', 'age header: line ends converted to CRLF')
  const header = parseHeader(head, head.length >= totalSize)
  if (header === null) return { kind: 'broken', reason: 'age header: only its beginning was read' }
  const plaintextSize = plainSize(totalSize - header.length)
  if (plaintextSize === null)
    return { kind: 'broken', reason: 'age payload: impossible length, cut off or appended to' }
  return { kind: 'age', armored, header, plaintextSize }
}
