/** Characters, of a line and of everything between two lines that count; a host that says more is not listened to. */
const LONGEST_LINE = 8192
const MOST_NOISE = 1 << 20

/** Makes lines of bytes that come in pieces; only those that begin with a mark count, others are passed over. */
export class LineReader {
  readonly #mark: string
  readonly #lines: string[] = []
  #rest = ''
  #noise = 0
  #ended = false
  #waiting: ((line: string | null) => void) | null = null
  /** Hears lines instead of {@link next}. */
  onLine: ((line: string) => void) | null = null

  constructor(mark: string) {
    this.#mark = mark
  }

  push(piece: Buffer): void {
    if (this.#ended) return
    const lines = (this.#rest + piece.toString('latin1')).split('\n')
    this.#rest = (lines.pop() as string).slice(0, LONGEST_LINE)
    for (const line of lines) this.#take(line)
    if (this.#noise > MOST_NOISE) this.end()
  }

  /** Says that nothing more comes. */
  end(): void {
    if (this.#ended) return
    if (this.#rest !== '') this.#take(this.#rest)
    this.#ended = true
    this.#waiting?.(null)
  }

  /** The next line without its mark; null at the end. For one who waits at a time. */
  next(): Promise<string | null> {
    const line = this.#lines.shift()
    if (line !== undefined || this.#ended) return Promise.resolve(line ?? null)
    return new Promise((resolve) => {
      this.#waiting = (found) => {
        this.#waiting = null
        resolve(found)
      }
    })
  }

  #take(line: string): void {
    this.#noise += line.length
    if (this.onLine !== null) {
      if (this.#noise <= MOST_NOISE) this.onLine(Buffer.from(line, 'latin1').toString('utf8'))
      return
    }
    if (!line.startsWith(this.#mark) || line.length > LONGEST_LINE) return
    this.#noise = 0
    const text = line.slice(this.#mark.length)
    if (this.#waiting !== null) this.#waiting(text)
    else this.#lines.push(text)
  }
}
