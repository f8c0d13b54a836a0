/** Most bytes of a passphrase. */
const LONGEST = 1024

const ENTER = [0x0d, 0x0a]
const BACKSPACE = [0x7f, 0x08]
const CTRL_C = 0x03
const CTRL_D = 0x04
const CTRL_U = 0x15
const ESCAPE = 0x1b

/** What a key made of the line. */
export type LineEvent = 'more' | 'done' | 'interrupt' | 'end' | 'full'

/** The line that a person types into a terminal in raw mode; pure, so that it can be tested without one. */
export class PassphraseLine {
  readonly #bytes = Buffer.alloc(LONGEST)
  #length = 0
  /** 0 outside; 1 behind ESC; 2 within `ESC [ … letter` (arrow keys and the like, which mean nothing here). */
  #escape = 0

  /** Takes what was typed, up to and including what ends the line; the rest is dropped. */
  type(chunk: Uint8Array): LineEvent {
    let event: LineEvent = 'more'
    for (const byte of chunk) {
      const next = this.#key(byte)
      if (next === 'full') event = 'full'
      else if (next !== 'more') return next
    }
    return event
  }

  /** The passphrase, as UTF-8. */
  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length)
  }

  /** Overwrites it. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#length = 0
  }

  #key(byte: number): LineEvent {
    if (this.#escape > 0 && byte >= 0x20) {
      const starts = this.#escape === 1 && (byte === 0x5b || byte === 0x4f)
      const ends = this.#escape === 2 && byte >= 0x40 && byte <= 0x7e
      this.#escape = starts || (this.#escape === 2 && !ends) ? 2 : 0
      return 'more'
    }
    this.#escape = byte === ESCAPE ? 1 : 0
    if (ENTER.includes(byte)) return 'done'
    if (byte === CTRL_C) return 'interrupt'
    if (byte === CTRL_D) return this.#length === 0 ? 'end' : 'done'
    if (byte === CTRL_U) this.wipe()
    else if (BACKSPACE.includes(byte)) this.#back()
    else if (byte >= 0x20 || byte === 0x09) {
      if (this.#length === LONGEST) return 'full'
      this.#bytes[this.#length++] = byte
    }
    return 'more'
  }

  /** Takes the last character, with all its bytes. */
  #back(): void {
    while (this.#length > 0 && ((this.#bytes[this.#length - 1] as number) & 0xc0) === 0x80) this.#length--
    if (this.#length > 0) this.#length--
    this.#bytes.fill(0, this.#length)
  }
}
