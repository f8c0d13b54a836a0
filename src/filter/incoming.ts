// Most secrets are keys and small files: these stay in memory.
const MEMORY_LIMIT = 1 << 20

/** Takes a content that is too large for memory, piece by piece. */
export interface LargeSink {
  /** The piece may be overwritten afterwards. */
  write(piece: Buffer): void
  /** Gives the space back. */
  discard(): void
}

/** A file that is coming in and must be kept until git has sent all of it: in memory while it is small. */
export class Incoming<Large extends LargeSink> {
  readonly #begin: (head: Buffer) => Promise<Large>
  #pieces: Buffer[] = []
  #size = 0
  /** Where the content goes once it has become too large for memory. */
  large: Large | null = null

  /** @param begin called with the first bytes of a content that has become too large for memory */
  constructor(begin: (head: Buffer) => Promise<Large>) {
    this.#begin = begin
  }

  /** @throws NixsecretError `io` where a large content can't be spooled */
  write(piece: Buffer): void | Promise<void> {
    if (this.large !== null) return this.large.write(piece)
    this.#size += piece.length
    this.#pieces.push(Buffer.from(piece))
    if (this.#size > MEMORY_LIMIT) return this.#grow()
  }

  /** The whole content, where it was small. */
  whole(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
  }

  discard(): void {
    this.large?.discard()
    this.#pieces = []
  }

  async #grow(): Promise<void> {
    const large = await this.#begin(this.whole())
    for (const piece of this.#pieces.splice(0)) large.write(piece)
    this.large = large
  }
}
