import type { BytePath } from '../byte-path.ts'
import type { BlobReader } from './content-look.ts'

// As much as is read of a file to tell whether all of it is ciphertext.
const LARGEST = 16 << 20

/** Whether a file that is none of ours is ciphertext of another tool, to its last byte. */
export async function isForeignCiphertext(reader: BlobReader, path: BytePath, oid: string): Promise<boolean> {
  const blob = await reader.getUpTo(oid, LARGEST)
  if (blob === null || blob.content.length < blob.size) return false
  const { foreignCiphertext } = await import('./content/foreign-ciphertext.ts')
  return foreignCiphertext(path, blob.content) !== null
}
