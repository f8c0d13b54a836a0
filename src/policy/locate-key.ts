/** Where something stands in a TOML text: keys from the top, with numbers for elements of arrays. */
export type TomlPath = readonly (string | number)[]

/**
 * The line of a key, table or array element, for error messages; only for text that a TOML parser has accepted.
 * @returns 1-based line of the longest part of the path that is there; 1 where none of it is
 */
export function locateKey(text: string, path: TomlPath): number {
  const finder = new Finder(text, path)
  finder.document()
  return finder.line()
}

/** Walks over valid TOML without making values of it. See https://toml.io/en/v1.1.0 */
class Finder {
  readonly #text: string
  readonly #wanted: TomlPath
  #at = 0
  #best = 0
  #bestLength = 0

  constructor(text: string, wanted: TomlPath) {
    this.#text = text
    this.#wanted = wanted
  }

  line(): number {
    return this.#text.slice(0, this.#best).split('\n').length
  }

  document(): void {
    let table: TomlPath = []
    const counts = new Map<string, number>()
    for (this.#space(); this.#at < this.#text.length; this.#space()) {
      const start = this.#at
      if (this.#text[start] === '[') {
        const isArray = this.#text[start + 1] === '['
        this.#at += isArray ? 2 : 1
        const key = this.#key()
        this.#at += isArray ? 2 : 1
        table = this.#tablePath(key, isArray, counts)
        this.#note(table, start)
      } else this.#pair(table)
    }
  }

  /** `[rule.x]` after `[[rule]]` belongs to the last of them. */
  #tablePath(key: readonly string[], isArray: boolean, counts: Map<string, number>): TomlPath {
    const path: (string | number)[] = []
    for (const [i, part] of key.entries()) {
      path.push(part)
      const id = JSON.stringify(path)
      const count = counts.get(id)
      if (isArray && i === key.length - 1) {
        counts.set(id, (count ?? 0) + 1)
        path.push(count ?? 0)
      } else if (count !== undefined) path.push(count - 1)
    }
    return path
  }

  #pair(table: TomlPath): void {
    const start = this.#at
    const path = [...table, ...this.#key()]
    this.#note(path, start)
    this.#at++ // =
    this.#blank()
    this.#value(path)
  }

  /** A dotted key, up to the character behind it. */
  #key(): string[] {
    const parts: string[] = []
    for (;;) {
      this.#blank()
      const char = this.#text[this.#at]
      if (char === '"' || char === "'") parts.push(this.#string())
      else {
        const bare = this.#take(/[^\s.=\]"'#]+/y)
        if (bare === '') this.#at++
        parts.push(bare)
      }
      this.#blank()
      if (this.#text[this.#at] !== '.') return parts
      this.#at++
    }
  }

  #value(path: TomlPath): void {
    const char = this.#text[this.#at]
    if (char === '"' || char === "'") this.#string()
    else if (char === '[')
      this.#list(']', (i) => {
        this.#note([...path, i], this.#at)
        this.#value([...path, i])
      })
    else if (char === '{') this.#list('}', () => this.#pair(path))
    else if (this.#take(/[^\s,\]}#]+/y) === '') this.#at++
  }

  #list(end: string, item: (index: number) => void): void {
    this.#at++
    for (let i = 0; this.#at < this.#text.length; ) {
      this.#space()
      const char = this.#text[this.#at]
      if (char === end) {
        this.#at++
        return
      }
      if (char === ',') this.#at++
      else item(i++)
    }
  }

  /** A string of any of the four kinds; escapes are read only as far as they matter for names. */
  #string(): string {
    const quote = this.#text[this.#at] as string
    const long = this.#text.startsWith(quote.repeat(3), this.#at)
    const start = this.#at + (long ? 3 : 1)
    let end = start
    while (end < this.#text.length) {
      if (quote === '"' && this.#text[end] === '\\') end += 2
      else if (long ? this.#text.startsWith(quote.repeat(3), end) : this.#text[end] === quote) break
      else end++
    }
    const raw = this.#text.slice(start, end)
    this.#at = end + (long ? 3 : 1)
    // A long string may end with one or two quotes of its own.
    while (long && this.#text[this.#at] === quote && this.#at - end < 5) this.#at++
    if (quote === "'" || !raw.includes('\\')) return raw
    try {
      return JSON.parse(`"${raw}"`) as string
    } catch {
      return raw
    }
  }

  #note(path: TomlPath, at: number): void {
    const wanted = this.#wanted
    let length = 0
    while (length < path.length && length < wanted.length && path[length] === wanted[length]) length++
    // A dotted key or header may reach deeper than what is wanted, but must not lead elsewhere.
    if (length > this.#bestLength && (length === path.length || length === wanted.length)) {
      this.#best = at
      this.#bestLength = length
    }
  }

  #space(): void {
    this.#take(/(?:[\s\ufeff]+|#[^\n]*)*/y)
  }

  #blank(): void {
    this.#take(/[ \t]*/y)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}
