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

  push(piece: Uint8Array): void {
    if (this.found) return
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    // Nearly every piece has none, and looking for that is cheap.
    if (this.#step === 0 && this.#line === '' && text.indexOf('<<<<<<<') === -1 && !endsOpen(text)) return
    for (const part of text.toString('latin1').split(/(?<=\n)/)) {
      this.#line = (this.#line + part).slice(0, 100)
      if (part.endsWith('\n')) this.#endLine()
    }
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

// A marker may begin in this piece and end in the next.
function endsOpen(text: Buffer): boolean {
  return text.at(-1) === 60
}
