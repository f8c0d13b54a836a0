import type { AskPassphrase } from '../age/ask-passphrase.ts'
import type { Header } from '../age/header.ts'
import { PayloadOpener, PayloadSealer } from '../age/payload.ts'
import { headerFor } from '../blob/plugins.ts'
import type { Readers } from '../blob/readers.ts'

/** Pieces of a content. */
export type Pieces = AsyncIterable<Buffer> | Iterable<Buffer>
/** A content that can be read as often as needed. */
export type Source = () => Pieces

/** Bytes; contents up to this size are held in memory, larger ones flow. */
export const WHOLE_LIMIT = 8 << 20

/**
 * The plaintext of a binary age file, piece by piece, each authenticated before it is handed on.
 * @throws NixsecretError `format` where the file is damaged or cut short, perhaps after some pieces
 */
export async function* openPieces(
  sealed: Pieces,
  header: Header,
  fileKey: Uint8Array,
): AsyncGenerator<Buffer> {
  const opener = new PayloadOpener(fileKey)
  let skip = header.length
  for await (const piece of sealed) {
    const rest = piece.subarray(Math.min(skip, piece.length))
    skip -= piece.length - rest.length
    if (rest.length > 0) yield* opener.update(rest)
  }
  yield* opener.final()
}

/**
 * A binary age file for these readers, piece by piece.
 * @param ask what a plugin of age may ask by
 */
export async function* sealPieces(
  plaintext: Pieces,
  readers: Readers,
  ask: AskPassphrase | null,
): AsyncGenerator<Buffer> {
  const prepared = await headerFor(readers, ask)
  const sealer = new PayloadSealer(prepared.fileKey)
  yield prepared.bytes
  for await (const piece of plaintext) yield* sealer.update(piece)
  yield* sealer.final()
}

/** The first bytes of a content, at least `length` if it has as many. */
export async function headOf(pieces: Pieces, length: number): Promise<Buffer> {
  const found: Buffer[] = []
  let have = 0
  for await (const piece of pieces) {
    found.push(piece)
    have += piece.length
    if (have >= length) break
  }
  return Buffer.concat(found)
}

/** All of a content in one buffer. */
export async function wholeOf(pieces: Pieces): Promise<Buffer> {
  return headOf(pieces, Number.POSITIVE_INFINITY)
}

/** A content that can be read once, of which the beginning has been read already. */
export interface Peeked {
  /** The beginning; all there is if `ended`. */
  readonly head: Buffer
  readonly ended: boolean
  /** Everything, the beginning included; once. */
  all(): AsyncGenerator<Buffer>
}

/**
 * Reads the beginning of a content that can be read only once.
 * @param enough told what there is so far; reading stops when it says so
 */
export async function peek(pieces: Pieces, enough: (head: Buffer) => boolean): Promise<Peeked> {
  const rest =
    Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : (pieces[Symbol.iterator]() as Iterator<Buffer>)
  let head: Buffer = Buffer.alloc(0)
  let ended = false
  while (!ended && !enough(head)) {
    const next = await rest.next()
    if (next.done) ended = true
    else head = Buffer.concat([head, next.value])
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head
    for (;;) {
      const next = ended ? { done: true as const, value: undefined } : await rest.next()
      if (next.done) return
      yield next.value
    }
  }
  return { head, ended, all }
}
