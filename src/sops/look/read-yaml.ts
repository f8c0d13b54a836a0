import { MAX_DEPTH, type SopsItem, type SopsMap, type SopsNode } from '../tree.ts'
import { isListItem, readScalar, splitKey } from './yaml-scalar.ts'

interface Line {
  /** Columns before the text. */
  indent: number
  /** Without spaces around it. */
  text: string
}

type Comment = SopsItem & { readonly comment: string; readonly indent: number }

const BLOCK = /^[|>][0-9]?[+-]?[0-9]?$/

/**
 * Reads YAML as SOPS writes it: block style, quoted scalars on one line, block scalars, comments. Anchors, tags, flow
 * collections with something in them, plain scalars over several lines, and all else that YAML knows are not read:
 * who cannot read a document must not call it encrypted.
 * @returns one map a document; null where there is anything that is not understood
 */
export function readYaml(text: string): SopsMap[] | null {
  const documents: string[][] = [[]]
  for (const line of text.split('\n')) {
    const plain = line.replace(/[ \r]+$/, '')
    if (plain === '---') documents.push([])
    else if (/^(?:---|\.\.\.|%)/.test(plain)) return null
    else documents.at(-1)?.push(plain)
  }
  const maps: SopsMap[] = []
  for (const lines of documents) {
    if (lines.every((line) => line.trim() === '')) continue
    const map = new Reader(lines).document()
    if (map === null) return null
    maps.push(map)
  }
  return maps
}

class Reader {
  readonly #lines: Line[]
  #at = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines.map((line) => {
      const text = line.trimStart()
      return { indent: line.length - text.length, text: /^ *\t/.test(line) ? '\t' : text }
    })
  }

  document(): SopsMap | null {
    const comments: SopsItem[] = []
    const line = this.#next(comments, 0)
    if (line === null) return null
    const node = this.#node(line.indent, 0, comments)
    if (node?.kind !== 'map') return null
    const after: SopsItem[] = []
    return this.#next(after, 0) === null ? { kind: 'map', items: [...node.items, ...after] } : null
  }

  /**
   * The next line with something in it. Comments before it go to `comments`, but for one that is less far in than
   * `indent`: it belongs to something further out, and is what is returned.
   */
  #next(comments: (SopsItem | Comment)[], indent: number): Line | null {
    for (; ; this.#at++) {
      const line = this.#lines[this.#at]
      if (line === undefined) return null
      if (line.text === '') continue
      if (!line.text.startsWith('#') || line.indent < indent) return line
      comments.push({ comment: line.text.slice(1), indent: line.indent })
    }
  }

  /** The list or map whose first line is the next one. */
  #node(indent: number, depth: number, comments: readonly SopsItem[] = []): SopsNode | null {
    if (depth > MAX_DEPTH) return null
    const items: SopsItem[] = [...comments]
    const first = this.#next([], indent)
    if (first === null) return null
    const kind = isListItem(first.text) ? 'list' : 'map'
    for (;;) {
      const line = this.#next(items, indent)
      if (line === null || line.indent < indent) return { kind, items }
      if (line.indent > indent) return null
      // A list may stand as deep as the key that it belongs to.
      if (isListItem(line.text) !== (kind === 'list')) return kind === 'list' ? { kind, items } : null
      const fine = kind === 'list' ? this.#listItem(line, depth, items) : this.#entry(line, depth, items)
      if (!fine) return null
    }
  }

  #listItem(line: Line, depth: number, items: SopsItem[]): boolean {
    const rest = line.text.slice(1).trimStart()
    if (rest === '' || rest.startsWith('#')) return this.#value(line, rest, depth, items, null)
    if (!isListItem(rest) && splitKey(rest) === null) return this.#value(line, rest, depth, items, null)
    // `- key: value`, `- - value`: a collection that begins on this line.
    const indent = line.indent + line.text.length - rest.length
    this.#lines[this.#at] = { indent, text: rest }
    const node = this.#node(indent, depth + 1)
    if (node !== null) items.push({ key: null, node })
    return node !== null
  }

  #entry(line: Line, depth: number, items: SopsItem[]): boolean {
    const split = splitKey(line.text)
    return split !== null && this.#value(line, split.rest, depth, items, split.key)
  }

  /** What follows a key or a dash, on its line or on the next ones. */
  #value(line: Line, text: string, depth: number, items: SopsItem[], key: string | null): boolean {
    this.#at++
    if (BLOCK.test(text)) {
      items.push({ key, node: { kind: 'scalar', text: this.#block(line.indent) } })
      return true
    }
    if (text !== '' && !text.startsWith('#')) return this.#inline(line, text, items, key)
    if (text !== '') items.push({ comment: text.slice(1) })
    const comments: Comment[] = []
    const next = this.#next(comments, line.indent)
    const deeper = next !== null && next.indent > line.indent
    if (deeper && !isListItem(next.text) && splitKey(next.text) === null) {
      this.#at++
      return comments.length === 0 && this.#inline(line, next.text, items, key)
    }
    const sibling = next !== null && key !== null && next.indent === line.indent && isListItem(next.text)
    if (!deeper && !sibling) {
      items.push({ key, node: { kind: 'scalar', text: null } }, ...comments)
      return true
    }
    const node = this.#node(
      next.indent,
      depth + 1,
      comments.filter(({ indent }) => indent >= next.indent),
    )
    if (node === null) return false
    items.push(...comments.filter(({ indent }) => indent < next.indent), { key, node })
    return true
  }

  #inline(line: Line, text: string, items: SopsItem[], key: string | null): boolean {
    const scalar = readScalar(text)
    if (scalar === null) return false
    // SOPS takes a comment behind a value for one before it.
    if (scalar.comment !== null) items.push({ comment: scalar.comment })
    items.push({ key, node: scalar.node })
    // A deeper line would go on with this scalar.
    const next = this.#next(items, line.indent)
    return next === null || next.indent <= line.indent
  }

  #block(indent: number): string {
    const parts: string[] = []
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as Line
      if (line.text !== '' && line.indent <= indent) break
      parts.push(line.text)
    }
    return parts.join('\n').trim()
  }
}
