/** Milliseconds between two drawings. */
const PAUSE = 100
const MOST_LINES = 16

/** On a terminal, a line for each host that is being served, below everything that is printed. */
export class HostLines {
  readonly #on: boolean
  readonly #steps = new Map<string, string>()
  #drawn = 0
  #timer: NodeJS.Timeout | null = null

  /** @param on whether stderr is a terminal that nobody else writes to meanwhile */
  constructor(on: boolean) {
    this.#on = on
  }

  show(name: string, step: string): void {
    this.#steps.set(name, step)
    if (this.#on) this.#timer ??= setTimeout(() => this.#draw(), PAUSE)
  }

  end(name: string): void {
    this.#steps.delete(name)
  }

  /** Prints something for good. */
  above(printIt: () => void): void {
    this.#erase()
    printIt()
    if (this.#on && this.#steps.size > 0) this.#draw()
  }

  /** Takes the lines away. */
  close(): void {
    this.#erase()
  }

  #draw(): void {
    this.#erase()
    const width = (process.stderr.columns || 80) - 1
    const lines = [...this.#steps]
      .slice(0, MOST_LINES)
      .map(([name, step]) => `${name}: ${step}`.slice(0, width))
    process.stderr.write(lines.map((line) => `${line}\n`).join(''))
    this.#drawn = lines.length
  }

  #erase(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#drawn > 0) process.stderr.write(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }
}
