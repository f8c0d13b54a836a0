import type { Progress } from '../../guard/inspection.ts'

const PATIENCE = 1000
const PAUSE = 100

/** Says on a terminal how far a check is, once it takes more than a second. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  readonly #start = Date.now()
  #last = 0
  #shown = false

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  readonly show = ({ commits, total }: Progress): void => {
    const now = Date.now()
    if (!this.#stream.isTTY || now - this.#start < PATIENCE || now - this.#last < PAUSE) return
    this.#last = now
    if (!this.#shown) process.once('SIGINT', this.#interrupted)
    this.#shown = true
    const percent = total === 0 ? 100 : Math.floor((commits / total) * 100)
    this.#stream.write(`\r\x1b[Klooking at commits: ${percent}% (${commits}/${total})`)
  }

  /** Takes the line away. */
  end(): void {
    if (!this.#shown) return
    this.#shown = false
    process.off('SIGINT', this.#interrupted)
    this.#stream.write('\r\x1b[K')
  }

  // Ctrl-C leaves no half line, and ends us as it ends others.
  readonly #interrupted = (): void => {
    this.end()
    process.kill(process.pid, 'SIGINT')
  }
}
