import { MAX_DEPTH, type SopsItem, type SopsMap, type SopsNode } from '../tree.ts'

const TOKEN = /[\t\n\r ]*(?:([{}[\]:,])|("(?:[^"\\\x00-\x1f]|\\.)*")|(-?[0-9][0-9.eE+-]*|true|false|null))/y

/**
 * Reads JSON strictly, and keeps every entry of an object: `JSON.parse` drops all but the last of a name, and with it
 * what SOPS would not decrypt.
 * @returns null where it is no JSON object
 */
export function readJson(text: string): SopsMap | null {
  const reader = new Reader(text)
  const node = reader.value(0)
  return node?.kind === 'map' && reader.atEnd() ? node : null
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return /^[\t\n\r ]*$/.test(this.#text.slice(this.#at))
  }

  value(depth: number): SopsNode | null {
    const token = this.#next()
    if (token === null || depth > MAX_DEPTH) return null
    if (token === '{') return this.#items('}', depth, 'map')
    if (token === '[') return this.#items(']', depth, 'list')
    if (token.startsWith('"')) {
      const text = unquoted(token)
      return text === null ? null : { kind: 'scalar', text }
    }
    if ('}],:'.includes(token)) return null
    return { kind: 'scalar', text: token === 'null' ? null : token }
  }

  #items(end: '}' | ']', depth: number, kind: 'map' | 'list'): SopsNode | null {
    const items: SopsItem[] = []
    if (this.#peek() === end) {
      this.#next()
      return { kind, items }
    }
    for (;;) {
      const key = kind === 'map' ? this.#key() : null
      if (kind === 'map' && key === null) return null
      const node = this.value(depth + 1)
      if (node === null) return null
      items.push({ key, node })
      const then = this.#next()
      if (then === end) return { kind, items }
      if (then !== ',') return null
    }
  }

  #key(): string | null {
    const token = this.#next()
    const key = token?.startsWith('"') ? unquoted(token) : null
    return this.#next() === ':' ? key : null
  }

  #peek(): string | null {
    const before = this.#at
    const token = this.#next()
    this.#at = before
    return token
  }

  #next(): string | null {
    TOKEN.lastIndex = this.#at
    const match = TOKEN.exec(this.#text)
    if (match === null) return null
    this.#at = TOKEN.lastIndex
    return match[1] ?? match[2] ?? match[3] ?? null
  }
}

/** @param token a JSON string with its quotes; null where an escape in it is wrong */
export function unquoted(token: string): string | null {
  try {
    return JSON.parse(token) as string
  } catch {
    return null
  }
}
