const PATIENCE = 500
const PAUSE = 100

/** Says on a terminal how many of some files are done, once that takes a while. */
export class CounterLine {
  readonly #what: string
  readonly #total: number
  readonly #stream: NodeJS.WriteStream
  readonly #start = Date.now()
  #last = 0
  #shown = false

  constructor(what: string, total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#what = what
    this.#total = total
    this.#stream = stream
  }

  readonly show = (done: number): void => {
    const now = Date.now()
    if (!this.#stream.isTTY || now - this.#start < PATIENCE || now - this.#last < PAUSE) return
    this.#last = now
    this.#shown = true
    this.#stream.write(`\r\x1b[K${this.#what}: ${done}/${this.#total}`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K')
  }
}
