/** Bytes at the end of a file in which less text is needed to be sure: there `echo >> secret` leaves its line. */
const TAIL = 4096
/** Bytes of text in a row, in the last {@link TAIL} bytes. */
const TAIL_RUN = 20
/** Bytes of text in a row, anywhere in the first {@link HUGE} bytes. */
const ANY_RUN = 32
/** In bytes; behind it chance has so much room that more is asked for, see {@link needed}. */
const HUGE = 2 ** 31

/** Printable ASCII, tab, line feed, carriage return: 98 of 256. */
const PRINTABLE = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d ? 1 : 0,
)

/** Text where there should be ciphertext. */
export interface TextRun {
  /** Of its first byte, from the beginning of the file. */
  readonly offset: number
  /** In bytes. */
  readonly length: number
}

/**
 * Finds text in ciphertext: what somebody appended to, or put into, an encrypted file whose framing is lengths only.
 * Memory is constant, and most bytes are never looked at.
 *
 * How rarely it is wrong: with p = 98/256, a run of n begins at a given byte of random data with (1 - p) × p^n.
 * 20 in the last 4 KiB: 4096 × 0.617 × 4.6e-9 = 1.2e-5. 32 in 1 GiB: 2^30 × 0.617 × 4.6e-14 = 3.0e-5; in 2 GiB 6.1e-5.
 * Behind these, each doubling of the size needs 2 bytes more, which adds 6.1e-5 × p² × (2p²)^k, 1.3e-5 for all k.
 * Together 8.6e-5: under 1e-4 a file, whatever its size, and under 1.3e-5 for one of a few megabytes.
 */
export class PrintableRun {
  /** Bytes seen. */
  #seen = 0
  /** Bytes of text that end at {@link #seen}. */
  #open = 0
  /** Of the text with which the file begins: an age file's header, and what follows without a gap. */
  #leading = -1
  /** The first run that is long enough anywhere. */
  #long: TextRun | null = null
  /** The last run that is long enough for the tail. */
  #last: TextRun | null = null

  /** @param chunk the next bytes of the whole file, header included */
  push(chunk: Uint8Array): void {
    const size = chunk.length
    let start = 0
    if (this.#open > 0 || this.#seen === 0) {
      while (start < size && PRINTABLE[chunk[start] as number] === 1) start++
      this.#open += start
      if (start === size) {
        this.#seen += size
        return
      }
      this.#close(this.#seen + start)
    }
    // From the end of a window backwards: one byte that is no text rules out every run that would hold it.
    let from = start
    while (from + TAIL_RUN <= size) {
      let at = from + TAIL_RUN - 1
      while (at >= from && PRINTABLE[chunk[at] as number] === 1) at--
      if (at >= from) {
        from = at + 1
        continue
      }
      let end = from + TAIL_RUN
      while (end < size && PRINTABLE[chunk[end] as number] === 1) end++
      if (end === size) break
      this.#open = end - from
      this.#close(this.#seen + end)
      from = end + 1
    }
    let end = size
    while (end > start && PRINTABLE[chunk[end - 1] as number] === 1) end--
    this.#open = size - end
    this.#seen += size
  }

  /**
   * Call it once, after the last chunk.
   * @param payloadStart where text is no longer expected: the length of the header, in bytes
   * @returns the first text that chance does not explain, or null
   */
  end(payloadStart: number): TextRun | null {
    this.#close(this.#seen)
    const leading = { offset: payloadStart, length: this.#leading - payloadStart }
    if (this.#isText(leading)) return leading
    if (this.#long !== null) return this.#long
    return this.#last !== null && this.#isText(this.#last) ? this.#last : null
  }

  #close(end: number): void {
    const run = { offset: end - this.#open, length: this.#open }
    this.#open = 0
    if (this.#leading === -1) {
      this.#leading = run.length
      return
    }
    if (run.length >= TAIL_RUN) this.#last = run
    if (run.length >= needed(run.offset)) this.#long ??= run
  }

  #isText({ offset, length }: TextRun): boolean {
    const inTail = offset + length - Math.max(offset, this.#seen - TAIL)
    return length >= needed(offset) || Math.min(length, inTail) >= TAIL_RUN
  }
}

/** Bytes of text in a row that chance does not explain at this place. */
function needed(offset: number): number {
  return offset < HUGE ? ANY_RUN : ANY_RUN + 2 * (Math.floor(Math.log2(offset / HUGE)) + 1)
}

/** {@link PrintableRun} for bytes that are all here. */
export function printableRun(bytes: Uint8Array, payloadStart: number): TextRun | null {
  const scan = new PrintableRun()
  scan.push(bytes)
  return scan.end(payloadStart)
}
