import { randomBytes } from 'node:crypto'
import { PayloadSealer } from '../age/payload.ts'
import type { PreparedHeader } from '../age/seal.ts'

/** All that is random in an age file. With it one plaintext, and **no other**, is sealed to the same bytes again. */
export interface Seal extends PreparedHeader {
  /** Of the payload. */
  readonly nonce: Buffer
}

/** For the payload of a new age file. */
export function newNonce(): Buffer {
  return randomBytes(16)
}

/**
 * A whole binary age file, with nothing left to chance.
 * @param plaintext the one that this seal is for, in pieces that nobody writes to any more; with another one both
 *   could be read
 */
export async function* sealAs(
  seal: Seal,
  plaintext: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  yield seal.bytes
  const sealer = new PayloadSealer(seal.fileKey, seal.nonce)
  // A tag of 16 bytes stands behind each chunk: joined, it spares every other write.
  for await (const piece of plaintext) yield Buffer.concat(sealer.update(piece))
  yield Buffer.concat(sealer.final())
}

/** The same in one buffer; see {@link sealAs}. */
export function sealWholeAs({ bytes, fileKey, nonce }: Seal, plaintext: Buffer): Buffer {
  const sealer = new PayloadSealer(fileKey, nonce)
  return Buffer.concat([bytes, ...sealer.update(plaintext), ...sealer.final()])
}
