/** Milliseconds that a command may be silent. */
const PATIENCE = 1000
/** Milliseconds between two changes of the line. */
const PAUSE = 100

/** Says on a terminal how far a command is, once it takes more than a second. */
export class ProgressLine {
  readonly #what: string
  readonly #start = Date.now()
  #last = 0
  #shown = false

  /** @param what what is being done, as "looking at secrets" */
  constructor(what: string) {
    this.#what = what
  }

  readonly show = (done: number, total: number): void => {
    const now = Date.now()
    if (!process.stderr.isTTY || now - this.#start < PATIENCE || now - this.#last < PAUSE) return
    this.#last = now
    this.#shown = true
    process.stderr.write(`\r\x1b[K${this.#what}: ${done}/${total}`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K')
  }
}
