import type { Stanza } from '../stanza.ts'
import { parseStanza, stanzaEnd } from '../stanza-text.ts'

/** Bytes that a plugin may send in one conversation: what a header holds at most. */
const MAX_BYTES = 1 << 20
const MAX_MESSAGES = 4096

/** Takes stanzas out of a stream, however it is cut into pieces; bounded in all it takes. */
export class StanzaReader {
  #lines: string[] = []
  #rest = ''
  /** Of the lines that are known not to end a stanza. */
  #searched = 0
  #bytes = 0
  #messages = 0

  /** @returns what is wrong, where too much has come */
  push(piece: Buffer): string | null {
    this.#bytes += piece.length
    if (this.#bytes > MAX_BYTES) return `sent more than ${MAX_BYTES >> 20} MiB`
    // latin1: bytes that are no ASCII stay what they are, and are refused.
    const text = piece.toString('latin1')
    if (!text.includes('\n')) this.#rest += text
    else {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() as string
      for (const line of lines) this.#lines.push(line)
    }
    return null
  }

  /** The next stanza; null where more bytes are needed; a text that says what is wrong. */
  next(): Stanza | string | null {
    const end = stanzaEnd(this.#lines, this.#searched)
    if (end === null) {
      this.#searched = Math.max(0, this.#lines.length - 1)
      return null
    }
    this.#searched = 0
    if (++this.#messages > MAX_MESSAGES) return `sent more than ${MAX_MESSAGES} messages`
    const stanza = parseStanza(this.#lines, 0, end)
    this.#lines = this.#lines.slice(end)
    return typeof stanza === 'string' ? `sent something else than a message: ${stanza}` : stanza
  }
}
