import { faultAt, MAX_SLOTS, type Span } from '../document.ts'
import { MAX_DEPTH } from '../tree.ts'

/** A JSON value and where it stands. */
export type JsonNode = Span &
  (
    | { readonly kind: 'map'; readonly items: readonly JsonMember[] }
    | { readonly kind: 'list'; readonly items: readonly JsonNode[] }
    /** `text` of a string without quotes and escapes, else as it is written. */
    | { readonly kind: 'string' | 'number' | 'bool' | 'null'; readonly text: string }
  )

export interface JsonMember {
  readonly key: string
  /** Of the key with its quotes. */
  readonly at: Span
  readonly value: JsonNode
}

const TOKEN =
  /[\t\n\r ]*(?:([{}[\]:,])|("[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(true|false)|(null))/y

/**
 * Reads JSON (RFC 8259) with the place of everything.
 * @throws NixsecretError `format` where it is none, `refused` for a name that is there twice or half a character
 */
export function scanJson(text: string): JsonNode {
  const scanner = new Scanner(text)
  const node = scanner.value(0)
  scanner.end()
  return node
}

class Scanner {
  readonly #text: string
  #at = 0
  #count = 0
  /** The token that was read last. */
  #token: RegExpExecArray | null = null

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH || ++this.#count > MAX_SLOTS) throw this.#fault('refused', 'JSON that is too large')
    const { sign, start } = this.#next()
    const [, , string, number, bool, none] = this.#token as RegExpExecArray
    const end = this.#at
    if (sign === '{' || sign === '[') return sign === '{' ? this.#map(start, depth) : this.#list(start, depth)
    if (string !== undefined) return { kind: 'string', text: this.#string(string), start, end }
    if (number !== undefined) return { kind: 'number', text: number, start, end }
    if (bool !== undefined) return { kind: 'bool', text: bool, start, end }
    if (none === undefined) throw this.#fault('format', 'invalid JSON')
    return { kind: 'null', text: none, start, end }
  }

  end(): void {
    if (!/^[\t\n\r ]*$/.test(this.#text.slice(this.#at))) throw this.#fault('format', 'invalid JSON')
  }

  #map(start: number, depth: number): JsonNode {
    const items: JsonMember[] = []
    const names = new Set<string>()
    if (this.#accept('}')) return { kind: 'map', items, start, end: this.#at }
    for (;;) {
      const { start: from } = this.#next()
      const string = this.#token?.[2]
      if (string === undefined) throw this.#fault('format', 'invalid JSON')
      const key = this.#string(string)
      if (names.has(key)) throw this.#fault('refused', 'a name that is there twice')
      names.add(key)
      const at = { start: from, end: this.#at }
      if (this.#next().sign !== ':') throw this.#fault('format', 'invalid JSON')
      items.push({ key, at, value: this.value(depth + 1) })
      const { sign } = this.#next()
      if (sign === '}') return { kind: 'map', items, start, end: this.#at }
      if (sign !== ',') throw this.#fault('format', 'invalid JSON')
    }
  }

  #list(start: number, depth: number): JsonNode {
    const items: JsonNode[] = []
    if (this.#accept(']')) return { kind: 'list', items, start, end: this.#at }
    for (;;) {
      items.push(this.value(depth + 1))
      const { sign } = this.#next()
      if (sign === ']') return { kind: 'list', items, start, end: this.#at }
      if (sign !== ',') throw this.#fault('format', 'invalid JSON')
    }
  }

  #string(token: string): string {
    const text = JSON.parse(token) as string
    if (/\p{Surrogate}/u.test(text)) throw this.#fault('refused', 'half of a character (\\uD800 to \\uDFFF)')
    return text
  }

  #accept(sign: string): boolean {
    const before = this.#at
    if (this.#next().sign === sign) return true
    this.#at = before
    return false
  }

  #next(): { sign: string | undefined; start: number } {
    TOKEN.lastIndex = this.#at
    const match = TOKEN.exec(this.#text)
    this.#token = match
    if (match === null) throw this.#fault('format', 'invalid JSON')
    this.#at = TOKEN.lastIndex
    const token = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? ''
    return { sign: match[1], start: this.#at - token.length }
  }

  #fault(code: 'format' | 'refused', what: string): Error {
    return faultAt(code, this.#text, this.#at, what)
  }
}
