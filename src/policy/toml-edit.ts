import { TomlDocument } from '@decimalturn/toml-patch'
import { tomlString } from './toml-string.ts'

type Block = TomlDocument['cst'][number]
type KeyValue = Extract<Block, { type: 'KeyValue' }>
type Value = KeyValue['value']
type InlineContainer = Extract<Value, { items: unknown[] }>
type Path = readonly (string | number)[]

interface Entry {
  readonly path: Path
  readonly pair: KeyValue
  /** The `{ … }` that it stands in, if any. */
  readonly inline: InlineContainer | null
}

interface Header {
  readonly path: Path
  readonly end: number
}

/**
 * Edits of a TOML text that leave every other byte alone. toml-patch reads the text and says where things stand;
 * its own `patch` is not used, as it writes indentation with tabs anew (measured with 3.3.0).
 */
export class TomlEdit {
  readonly #text: string
  readonly #newLine: string
  readonly #lineStarts: number[] = [0]
  readonly #entries: Entry[] = []
  readonly #headers: Header[] = []
  readonly #splices: { at: number; length: number; text: string }[] = []

  /** @throws where the text is not TOML */
  constructor(text: string) {
    this.#text = text
    this.#newLine = text.includes('\r\n') ? '\r\n' : '\n'
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1)
    const counts = new Map<string, number>()
    for (const block of new TomlDocument(text).cst) this.#block(block, counts)
  }

  /** The text with all edits made. */
  result(): string {
    // From the end on; at the same place the one that was asked for first comes to stand first.
    let text = this.#text
    for (const { at, length, text: added } of [...this.#splices].reverse().sort((a, b) => b.at - a.at)) {
      text = text.slice(0, at) + added + text.slice(at + length)
    }
    return text
  }

  /**
   * Adds `key = "value"`, or a list of texts, behind the last key of a top-level table, which is made if need be.
   */
  addKey(table: string, key: string, content: string | readonly string[]): void {
    const value =
      typeof content === 'string' ? tomlString(content) : `[${content.map(tomlString).join(', ')}]`
    const name = /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key)
    const siblings = this.#entries.filter(({ path }) => path.length === 2 && path[0] === table)
    const last = siblings.at(-1)
    const whole = this.#entries.find(({ path }) => path.length === 1 && path[0] === table)
    if (whole !== undefined && 'items' in whole.pair.value) {
      this.#append(whole.pair.value, `${name} = ${value}`)
    } else if (last !== undefined) this.#pairBelow(last, table, name, value)
    else {
      const header = this.#headers.find(({ path }) => path.length === 1 && path[0] === table)
      const line = `${name} = ${value}`
      if (header !== undefined) this.#insertLine(header.end, line)
      else this.#insertLine(this.#text.length, `${this.#newLine}[${table}]${this.#newLine}${line}`)
    }
  }

  /**
   * Adds an element to a top-level array of tables, before all others: in front of the first one and the comments
   * directly above it, at the end of the text if there is none.
   * @param lines what stands below its `[[name]]`
   */
  addFirstElement(name: string, lines: readonly string[]): void {
    const first = this.#headers.find(({ path }) => path.length === 2 && path[0] === name && path[1] === 0)
    const nl = this.#newLine
    const block = [`[[${name}]]`, ...lines].join(nl) + nl
    if (first === undefined) {
      const gap = this.#text.endsWith('\n') || this.#text === '' ? nl : nl + nl
      this.#splice(this.#text.length, 0, gap + block)
      return
    }
    let at = this.#lineStart(first.end)
    for (let above = at; above > 0; ) {
      above = this.#lineStart(above - 1)
      if (!/^[ \t]*#/.test(this.#text.slice(above, at))) break
      at = above
    }
    this.#splice(at, 0, block + nl)
  }

  /**
   * Adds an element to a top-level array of tables, at the end of the text.
   * @param lines what stands below its `[[name]]`
   */
  addLastElement(name: string, lines: readonly string[]): void {
    const nl = this.#newLine
    const gap = this.#text.endsWith('\n') || this.#text === '' ? nl : nl + nl
    this.#splice(this.#text.length, 0, gap + [`[[${name}]]`, ...lines].join(nl) + nl)
  }

  /** Takes out a key with its line, and a comment on that line. */
  removeKey(table: string, key: string): void {
    const entry = this.#entries.find(({ path }) => path.length === 2 && path[0] === table && path[1] === key)
    if (entry === undefined) return
    if (entry.inline !== null) {
      const index = entry.inline.items.findIndex(({ item }) => item === entry.pair)
      this.#removeItem(entry.inline, index)
    } else this.#removeLines(this.#start(entry.pair), this.#end(entry.pair))
  }

  /** Adds a text to an array, on a line of its own if its last text has one. */
  appendText(path: Path, value: string): void {
    const array = this.#array(path)
    if (array !== null) this.#append(array, tomlString(value))
  }

  /** Takes a text out of an array; a line that it had for itself goes, with a comment on that line. */
  removeText(path: Path, value: string): void {
    const array = this.#array(path)
    const index = array?.items.findIndex(({ item }) => 'value' in item && item.value === value) ?? -1
    if (array !== null && index !== -1) this.#removeItem(array, index)
  }

  #block(block: Block, counts: Map<string, number>): void {
    if (block.type === 'KeyValue') this.#pair(block, [], null)
    if (block.type !== 'Table' && block.type !== 'TableArray') return
    const path: (string | number)[] = [...block.key.item.value]
    if (block.type === 'TableArray') {
      const count = counts.get(path.join('\0')) ?? 0
      counts.set(path.join('\0'), count + 1)
      path.push(count)
    }
    this.#headers.push({ path, end: this.#end(block.key) })
    for (const item of block.items) if (item.type === 'KeyValue') this.#pair(item, path, null)
  }

  #pair(pair: KeyValue, above: Path, inline: InlineContainer | null): void {
    const path = [...above, ...pair.key.value]
    this.#entries.push({ path, pair, inline })
    this.#inside(pair.value, path)
  }

  #inside(value: Value, path: Path): void {
    if (value.type === 'InlineTable') {
      for (const { item } of value.items) this.#pair(item, path, value)
    } else if (value.type === 'InlineArray') {
      for (const [i, { item }] of value.items.entries()) this.#inside(item as Value, [...path, i])
    }
  }

  #array(path: Path): InlineContainer | null {
    const entry = this.#entries.find(
      (e) => e.path.length === path.length && e.path.every((p, i) => p === path[i]),
    )
    return entry?.pair.value.type === 'InlineArray' ? entry.pair.value : null
  }

  /** Written like the one above it: same indentation, same prefix, and `=` in the same column. */
  #pairBelow(above: Entry, table: string, name: string, value: string): void {
    const start = this.#start(above.pair)
    const lead = this.#text.slice(this.#lineStart(start), start)
    // `recipients.alice = …` at the top, or a plain key below a header.
    const prefix = above.pair.key.value.length > 1 ? `${table}.` : ''
    const equals = this.#text.indexOf('=', this.#end(above.pair.key))
    const key = (prefix + name).padEnd(equals - start - 1)
    const indent = /^[ \t]*$/.test(lead) ? lead : ''
    this.#insertLine(this.#end(above.pair), `${indent}${key} = ${value}`)
  }

  #append(container: InlineContainer, item: string): void {
    const last = container.items.at(-1)
    const close = this.#end(container) - 1
    if (last === undefined) {
      this.#splice(close, 0, item)
      return
    }
    const start = this.#start(last.item)
    const end = this.#end(last.item)
    const comma = this.#commaBehind(end, close)
    const lineStart = this.#lineStart(start)
    const lead = this.#text.slice(lineStart, start)
    if (/^[ \t]*$/.test(lead) && this.#text.slice(end, close).includes('\n')) {
      if (comma === -1) this.#splice(end, 0, ',')
      this.#insertLine(comma === -1 ? end : comma, `${lead}${item}${comma === -1 ? '' : ','}`)
    } else if (comma === -1) this.#splice(end, 0, `, ${item}`)
    else this.#splice(comma + 1, 0, ` ${item},`)
  }

  #removeItem(container: InlineContainer, index: number): void {
    const { item } = container.items[index] as InlineContainer['items'][number]
    const start = this.#start(item)
    const end = this.#end(item)
    const next = container.items[index + 1]
    const before = container.items[index - 1]
    const comma = this.#commaBehind(
      end,
      next === undefined ? this.#end(container) - 1 : this.#start(next.item),
    )
    const lineStart = this.#lineStart(start)
    const after = this.#text.slice(comma === -1 ? end : comma + 1, this.#lineEnd(comma === -1 ? end : comma))
    if (/^[ \t]*$/.test(this.#text.slice(lineStart, start)) && /^[ \t]*(#.*)?\r?$/.test(after)) {
      this.#removeLines(start, comma === -1 ? end : comma)
      // What is left must not end with two commas, or with one where a table must not (TOML 1.0).
      if (comma === -1 && before !== undefined && container.type === 'InlineTable')
        this.#removeComma(before.item, start)
      return
    }
    const gap = next === undefined ? '\n' : this.#text.slice(end, this.#start(next.item))
    if (next !== undefined && !/[\n#]/.test(gap)) this.#splice(start, end + gap.length - start, '')
    else if (before !== undefined && comma === -1) {
      const beforeEnd = this.#end(before.item)
      if (/[\n#]/.test(this.#text.slice(beforeEnd, start))) {
        this.#removeComma(before.item, start)
        this.#splice(start, end - start, '')
      } else this.#splice(beforeEnd, end - beforeEnd, '')
    } else if (comma === -1) this.#splice(start, end - start, '')
    else {
      this.#splice(comma, 1, '')
      this.#splice(start, end - start, '')
    }
  }

  #removeComma(node: { loc: KeyValue['loc'] }, limit: number): void {
    const comma = this.#commaBehind(this.#end(node), limit)
    if (comma !== -1) this.#splice(comma, 1, '')
  }

  /** The comma between two offsets that only white space and comments fill besides; -1 if there is none. */
  #commaBehind(from: number, to: number): number {
    const blank = this.#text.slice(from, to).replace(/#[^\n]*/g, (comment) => ' '.repeat(comment.length))
    const found = blank.indexOf(',')
    return found === -1 ? -1 : from + found
  }

  /** Adds a line below the line of an offset. */
  #insertLine(offset: number, line: string): void {
    const end = this.#lineEnd(offset)
    const at = this.#text[end - 1] === '\r' && end < this.#text.length ? end - 1 : end
    const atEnd = at === this.#text.length
    if (!atEnd) this.#splice(at, 0, this.#newLine + line)
    else if (this.#text === '' || this.#text.endsWith('\n')) this.#splice(at, 0, line + this.#newLine)
    else this.#splice(at, 0, this.#newLine + line)
  }

  #removeLines(from: number, to: number): void {
    const start = this.#lineStart(from)
    this.#splice(start, Math.min(this.#lineEnd(to) + 1, this.#text.length) - start, '')
  }

  #splice(at: number, length: number, text: string): void {
    this.#splices.push({ at, length, text })
  }

  #lineStart(offset: number): number {
    return this.#text.lastIndexOf('\n', offset - 1) + 1
  }

  /** Offset of the line feed, or the end of the text. */
  #lineEnd(offset: number): number {
    const end = this.#text.indexOf('\n', offset)
    return end === -1 ? this.#text.length : end
  }

  #start({ loc }: { loc: KeyValue['loc'] }): number {
    return this.#offset(loc.start)
  }

  #end({ loc }: { loc: KeyValue['loc'] }): number {
    return this.#offset(loc.end)
  }

  // toml-patch counts lines from 1 and columns from 0, in UTF-16 units; a byte order mark is not counted.
  #offset({ line, column }: { line: number; column: number }): number {
    const mark = line === 1 && this.#text.startsWith('\ufeff') ? 1 : 0
    return (this.#lineStarts[line - 1] ?? this.#text.length) + column + mark
  }
}
