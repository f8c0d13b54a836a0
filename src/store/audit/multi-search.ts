/** Bytes of the block that a step looks at. */
const BLOCK = 3
/** Entries of the shift table: 256 KiB, so that it stays in the processor's cache. */
const TABLE = 1 << 18

/**
 * Finds any of many byte strings in one pass (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): a
 * table says by the last bytes of a window how far no needle can begin, so that most bytes are never looked at.
 */
export class MultiSearch {
  readonly #needles: readonly Uint8Array[]
  readonly #shift = new Uint8Array(TABLE)
  /** First needle by the hash of its window's last block, and the next of the same hash, by number + 1. */
  readonly #first = new Int32Array(TABLE)
  readonly #next: Int32Array
  readonly #window: number
  /** Length of the longest needle; 0 without needles. */
  readonly longest: number

  /** @param needles of at least {@link BLOCK} bytes each; the shorter the shortest, the slower */
  constructor(needles: readonly Uint8Array[]) {
    if (needles.some(({ length }) => length < BLOCK)) throw new RangeError('needle too short')
    this.#needles = needles
    this.#next = new Int32Array(needles.length)
    this.#window = Math.min(255, ...needles.map(({ length }) => length))
    this.longest = needles.reduce((most, { length }) => Math.max(most, length), 0)
    this.#shift.fill(this.#window - BLOCK + 1)
    for (const [number, needle] of needles.entries()) this.#enter(needle, number)
  }

  /**
   * Calls back for every needle in `bytes[from, to)`, perhaps more than once for each.
   * @param found given the needle's number
   */
  search(bytes: Uint8Array, from: number, to: number, found: (needle: number) => void): void {
    if (this.#needles.length === 0) return
    const shift = this.#shift
    let at = from + this.#window - 1
    while (at < to) {
      const hash =
        ((bytes[at] as number) << 10) ^ ((bytes[at - 1] as number) << 5) ^ (bytes[at - 2] as number)
      const step = shift[hash] as number
      if (step === 0) {
        this.#compare(bytes, at - this.#window + 1, to, this.#first[hash] as number, found)
        at++
      } else at += step
    }
  }

  #compare(
    bytes: Uint8Array,
    start: number,
    to: number,
    first: number,
    found: (needle: number) => void,
  ): void {
    for (let number = first; number !== 0; number = this.#next[number - 1] as number) {
      const needle = this.#needles[number - 1] as Uint8Array
      if (start + needle.length > to) continue
      let same = 0
      while (same < needle.length && bytes[start + same] === needle[same]) same++
      if (same === needle.length) found(number - 1)
    }
  }

  #enter(needle: Uint8Array, number: number): void {
    const last = this.#window - 1
    for (let end = BLOCK - 1; end <= last; end++) {
      const hash =
        ((needle[end] as number) << 10) ^ ((needle[end - 1] as number) << 5) ^ (needle[end - 2] as number)
      this.#shift[hash] = Math.min(this.#shift[hash] as number, last - end)
      if (end === last) {
        this.#next[number] = this.#first[hash] as number
        this.#first[hash] = number + 1
      }
    }
  }
}
