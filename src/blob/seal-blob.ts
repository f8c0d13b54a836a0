import { enarmor } from '../age/armor.ts'
import { sealBytes } from '../age/seal.ts'
import { headerFor } from './plugins.ts'
import type { Readers } from './readers.ts'

/**
 * A new blob for these readers; empty content stays an empty blob.
 * @param armored whether as text, as the blob before it was
 */
export async function sealBlob(
  plaintext: Uint8Array,
  readers: Readers,
  { armored = false }: { armored?: boolean } = {},
): Promise<Buffer> {
  if (plaintext.length === 0) return Buffer.alloc(0)
  const sealed = sealBytes(await headerFor(readers), plaintext)
  return armored ? enarmor(sealed) : sealed
}
