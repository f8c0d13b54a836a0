import { MAX_DEPTH, type SopsItem, type SopsNode } from '../tree.ts'
import { readQuoted } from './yaml-quoted.ts'

/** What ends a plain scalar within `[…]` or `{…}`. */
const PLAIN = /[^,[\]{}#&*!|>'"%@`:?\s-][^,[\]{}#:]*|-[0-9.][^,[\]{}#:]*/y

/**
 * A list or map on one line: `[…]`, `{…}`.
 * @returns null where it is none, or anything in it is not understood
 */
export function readFlow(text: string): { node: SopsNode; length: number } | null {
  const reader = new Reader(text)
  const node = reader.collection(0)
  return node === null ? null : { node, length: reader.at }
}

class Reader {
  at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  collection(depth: number): SopsNode | null {
    const open = this.#text[this.at]
    if ((open !== '[' && open !== '{') || depth > MAX_DEPTH) return null
    const close = open === '[' ? ']' : '}'
    const items: SopsItem[] = []
    this.at++
    this.#spaces()
    while (!this.#take(close)) {
      const key = open === '[' ? null : this.#key()
      if (open === '{' && key === null) return null
      const node = this.#value(depth)
      if (node === null) return null
      items.push({ key, node })
      this.#spaces()
      if (this.#take(',')) this.#spaces()
      else if (this.#text[this.at] !== close) return null
    }
    return { kind: open === '[' ? 'list' : 'map', items }
  }

  #key(): string | null {
    const key = this.#scalar()
    if (key === null || !this.#take(':') || !this.#take(' ')) return null
    this.#spaces()
    return key.text
  }

  #value(depth: number): SopsNode | null {
    if (/[[{]/.test(this.#text[this.at] ?? '')) return this.collection(depth + 1)
    const scalar = this.#scalar()
    if (scalar === null) return null
    const isNull = !scalar.quoted && /^(?:~|null|Null|NULL)$/.test(scalar.text)
    return { kind: 'scalar', text: isNull ? null : scalar.text }
  }

  #scalar(): { text: string; quoted: boolean } | null {
    const quoted = readQuoted(this.#text.slice(this.at))
    if (quoted !== null) {
      this.at += quoted.length
      return { text: quoted.text, quoted: true }
    }
    PLAIN.lastIndex = this.at
    const plain = PLAIN.exec(this.#text)?.[0]
    if (plain === undefined) return null
    this.at += plain.length
    return { text: plain.trimEnd(), quoted: false }
  }

  #spaces(): void {
    while (this.#text[this.at] === ' ') this.at++
  }

  #take(sign: string): boolean {
    if (this.#text[this.at] !== sign) return false
    this.at++
    return true
  }
}
