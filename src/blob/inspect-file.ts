import { type BlobShape, inspectBlob } from '../age/inspect.ts'
import type { BytePath } from '../byte-path.ts'
import { isSealedDocument } from './is-sealed-document.ts'

/** What a file is, as far as that shows without a key; `sops`: a SOPS document in which every value is encrypted. */
export type FileShape = BlobShape | { readonly kind: 'sops' }

/**
 * Says what a file is, by its content, whatever the policy says of its path.
 * @param bytes the whole file, or its beginning as far as an age header goes; a SOPS document is known only whole
 * @param totalSize of the file, in bytes
 */
export function inspectFile(path: BytePath, bytes: Buffer, totalSize: number): FileShape {
  const shape = inspectBlob(bytes, totalSize)
  if (shape.kind !== 'plaintext' || bytes.length < totalSize) return shape
  return isSealedDocument(path, bytes) ? { kind: 'sops' } : shape
}

/** Whether a file is ciphertext, or has nothing in it that could be. */
export function isSealed({ kind }: FileShape): boolean {
  return kind === 'age' || kind === 'sops' || kind === 'empty'
}
