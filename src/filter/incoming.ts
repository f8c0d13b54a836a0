import { SealedSpool } from './sealed-spool.ts'

// Most secrets are keys and small files: these stay in memory.
const MEMORY_LIMIT = 1 << 20

/**
 * A file that is coming in and must be kept until git has sent all of it: in memory while it is small,
 * else in a spool whose bytes on disk are encrypted with a key that only this process has.
 */
export class Incoming {
  readonly #dir: string
  #pieces: Buffer[] = []
  #spool: SealedSpool | null = null
  /** Bytes so far. */
  size = 0

  /** @param dir where a large content is spooled */
  constructor(dir: string) {
    this.#dir = dir
  }

  write(piece: Buffer): void {
    this.size += piece.length
    if (this.#spool === null && this.size <= MEMORY_LIMIT) {
      // A view would keep the whole read buffer alive, and the next packet may overwrite nothing: copy small ones only.
      this.#pieces.push(Buffer.from(piece))
      return
    }
    if (this.#spool === null) {
      this.#spool = new SealedSpool(this.#dir)
      for (const held of this.#pieces.splice(0)) this.#spool.write(held)
    }
    this.#spool.write(piece)
  }

  /** The whole content, or null where it is too large to be held. */
  whole(): Buffer | null {
    if (this.#spool !== null) return null
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0] as Buffer
  }

  /** The content from its start, as often as it is asked for. */
  *read(): Generator<Buffer> {
    if (this.#spool === null) yield* this.#pieces
    else yield* this.#spool.read()
  }

  /** The first bytes. */
  head(length: number): Buffer {
    const pieces: Buffer[] = []
    let have = 0
    for (const piece of this.read()) {
      pieces.push(piece)
      have += piece.length
      if (have >= length) break
    }
    return Buffer.concat(pieces).subarray(0, length)
  }

  /** Gives the space back. */
  discard(): void {
    this.#spool?.discard()
    this.#pieces = []
  }
}
