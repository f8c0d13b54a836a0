import { isArmored } from '../age/armor.ts'
import { type Header, parseHeader } from '../age/header.ts'
import type { AgeIdentity } from '../age/identity.ts'
import { unwrapFileKey } from '../age/open.ts'
import { PayloadOpener } from '../age/payload.ts'

/** A blob that is read piece by piece, as often as needed. */
export type Source = () => Iterable<Buffer> | AsyncIterable<Buffer>

// What parseHeader accepts at most.
const MAX_HEADER = (1 << 20) + (1 << 16)

/**
 * The header at the start of a large blob.
 * @returns null where there is no age header (armored blobs of this size are not read as a stream)
 * @throws NixsecretError `format` where it begins as an age file and is none
 */
export async function readHeader(source: Source): Promise<Header | null> {
  let head = Buffer.alloc(0)
  for await (const piece of source()) {
    head = Buffer.concat([head, piece])
    if (isArmored(head)) return null
    const header = parseHeader(head, head.length >= MAX_HEADER)
    if (header !== null) return header
  }
  return parseHeader(head, true)
}

/**
 * The plaintext of a large blob, each piece authenticated before it is handed on.
 * @throws NixsecretError `format` where the blob is damaged or cut short, perhaps after some pieces
 */
export async function* openLarge(
  source: Source,
  header: Pick<Header, 'length'>,
  fileKey: Uint8Array,
): AsyncGenerator<Buffer> {
  const opener = new PayloadOpener(fileKey)
  let skip = header.length
  for await (const piece of source()) {
    const rest = piece.subarray(Math.min(skip, piece.length))
    skip -= piece.length - rest.length
    if (rest.length > 0) yield* opener.update(rest)
  }
  yield* opener.final()
}

/** What became of looking for a key for a large blob. */
export type LargeKey = { readonly header: Header; readonly fileKey: Buffer } | null

/**
 * Finds the file key with the keys that are here.
 * @returns null where none fits
 * @throws NixsecretError `format` where the header is broken
 */
export async function unwrapLarge(source: Source, identities: readonly AgeIdentity[]): Promise<LargeKey> {
  const header = await readHeader(source)
  const fileKey = header === null ? null : await unwrapFileKey(header, identities)
  return header === null || fileKey === null ? null : { header, fileKey }
}
