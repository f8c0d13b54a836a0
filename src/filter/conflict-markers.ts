const MARKER = '<<<<<<<'
// Of a line, in bytes: more than a marker takes, however long git is told to make it.
const KEPT = 100

/**
 * Finds a whole set of conflict markers in text that comes in pieces. Once sealed nobody would see them again,
 * so clean warns. Markers are seven or more of their character, since ours are one longer than git's.
 */
export class ConflictMarkers {
  #line = ''
  #step = 0

  /** Whether `<<<<<<<`, `=======` and `>>>>>>>` lines were seen, in this order. */
  get found(): boolean {
    return this.#step === 3
  }

  /** Those of a whole content. */
  static in(content: Buffer): ConflictMarkers {
    const markers = new ConflictMarkers()
    markers.push(content)
    markers.end()
    return markers
  }

  push(piece: Uint8Array): void {
    if (this.found) return
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    // Nearly every piece has none, and looking for that is cheap.
    if (this.#step === 0 && this.#hasNone(text)) return
    for (const part of text.toString('latin1').split(/(?<=\n)/)) {
      this.#line = (this.#line + part).slice(0, KEPT)
      if (part.endsWith('\n')) this.#endLine()
    }
  }

  #hasNone(text: Buffer): boolean {
    const seam = this.#line + text.toString('latin1', 0, MARKER.length)
    if (text.indexOf(MARKER) !== -1 || seam.includes(MARKER)) return false
    const start = text.lastIndexOf(10) + 1
    const rest = text.toString('latin1', start, start + KEPT)
    this.#line = start === 0 ? (this.#line + rest).slice(0, KEPT) : rest
    return true
  }

  /** The last line may have no line feed. */
  end(): void {
    this.#endLine()
  }

  #endLine(): void {
    const line = this.#line
    this.#line = ''
    if (/^<{7,}( |\r?\n?$)/.test(line)) this.#step = 1
    else if (this.#step === 1 && /^={7,}( |\r?\n?$)/.test(line)) this.#step = 2
    else if (this.#step === 2 && /^>{7,}( |\r?\n?$)/.test(line)) this.#step = 3
  }
}
