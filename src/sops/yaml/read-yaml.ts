import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { faultAt, lineEnd, MAX_SLOTS, type Slot, type SopsText, type Span } from '../document.ts'
import { type SopsValue, sopsValue } from '../sops-value.ts'
import { MAX_DEPTH } from '../tree.ts'
import { attachNotes, type Level, type Note, walkNotes } from './levels.ts'
import { readMetadata, type YamlMetadata } from './read-metadata.ts'
import { resolvePlain } from './scalar.ts'
import { scanYaml } from './scan-yaml.ts'
import type { Quote } from './write-scalar.ts'

export interface YamlSlot extends Slot {
  readonly quote: Quote
  readonly flow: boolean
  /** Of the keys or dashes that it is one of. */
  readonly column: number
}

export interface YamlText extends SopsText<YamlSlot> {
  /** Where each of its documents ends. */
  readonly ends: readonly number[]
  /** Columns from one level to the next. */
  readonly step: number
  readonly lineEnd: string
}

type Draft = Omit<YamlSlot, 'comments'> & { comments: YamlSlot['comments'] }

/**
 * Takes a YAML file apart, as SOPS would read it: maps and lists of values, in block or flow style, one document or
 * several.
 * @throws NixsecretError `refused` for what SOPS would lose or read differently: anchors, tags, merges, keys that are no
 * text; `format` where it is no YAML
 */
export function readYaml(text: string): YamlText {
  const { separators, notes } = scanYaml(text)
  let documents: Document[]
  try {
    const options = {
      schema: 'failsafe',
      keepSourceTokens: true,
      prettyErrors: false,
      uniqueKeys: false,
    } as const
    const parsed = parseAllDocuments(text, options)
    documents = 'empty' in parsed ? [] : (parsed as Document[])
  } catch (error) {
    if (error instanceof RangeError) throw faultAt('refused', text, 0, 'YAML that is nested too deep')
    throw error
  }
  // Its first separator begins the first document, if there is nothing before it.
  if (separators.length > documents.length) throw faultAt('format', text, text.length, 'invalid YAML')
  const ends = [...separators.slice(separators.length - Math.max(documents.length - 1, 0)), text.length]
  const reader = new Reader(text)
  documents.forEach((document, i) => {
    const start = i === 0 ? 0 : (ends[i - 1] as number)
    const end = ends[i] as number
    reader.document(
      document,
      { start, end },
      notes.filter((note) => note.start >= start && note.start < end),
    )
  })
  reader.slots.sort((a, b) => a.start - b.start)
  const { metadata, removed, slots } = reader
  return { text, slots, metadata, removed, ends, step: reader.step ?? 2, lineEnd: lineEnd(text) }
}

class Reader {
  readonly slots: Draft[] = []
  readonly removed: Span[] = []
  metadata: YamlMetadata | null = null
  step: number | null = null
  readonly #text: string
  #levels: Level[] = []
  #drafts = new Map<number, Draft>()

  constructor(text: string) {
    this.#text = text
  }

  document(document: Document, span: Span, notes: readonly Note[]): void {
    for (const { code, pos } of document.errors)
      throw faultAt('format', this.#text, pos[0], `invalid YAML (${code.toLowerCase().replaceAll('_', ' ')})`)
    this.#levels = []
    this.#drafts = new Map()
    const { contents } = document
    const isEmpty = contents === null || (isScalar(contents) && contents.source === '' && !contents.tag)
    if (!isEmpty) this.#root(contents, span)
    const root = this.#levels[0] ?? this.#level([], 0, false, null, span)
    this.#notes(root, notes)
    if (this.slots.length > MAX_SLOTS) throw faultAt('refused', this.#text, span.start, 'too many values')
  }

  #root(contents: unknown, span: Span): void {
    if (!isMap(contents) || contents.flow || contents.anchor || contents.tag)
      throw this.#refusal(nodeStart(contents), 'SOPS needs a map of names and values here, one a line')
    const own = contents.items.filter(({ key }) => isScalar(key) && key.value === 'sops')
    if (own.length > 0) {
      const metadata = readMetadata(this.#text, own as Pair[], span)
      // SOPS takes that of the first document, and those of the others away.
      if (this.slots.length === 0 && this.removed.length === 0) this.metadata = metadata
      this.removed.push(metadata.removed)
    }
    this.#map(contents, [], null, false, own[0])
    const [root] = this.#levels
    if (root !== undefined && root.column !== 0 && root.items.length > 0)
      throw this.#refusal(root.start, 'the outermost names have to begin in the first column')
  }

  #notes(root: Level, notes: readonly Note[]): void {
    const kept = notes.filter(
      (note) => !this.removed.some((at) => at.start <= note.start && note.start < at.end),
    )
    const levels = this.#levels.length === 0 ? [root] : this.#levels
    for (const [i, places] of attachNotes(kept, levels).entries()) {
      const note = kept[i] as Note
      const [level = root, ...others] = places
      level.notes.push({ at: note.start, text: note.text, inline: note.inline })
      const draft: Draft = {
        ...{ start: note.start, end: note.end, value: sopsValue('comment', note.text), path: level.path },
        ...{ otherPaths: others.map(({ path }) => path), quote: '', flow: level.flow, column: note.column },
        comments: () => [],
      }
      this.slots.push(draft)
      this.#drafts.set(note.start, draft)
    }
    walkNotes(root, (at, comments) => {
      const draft = this.#drafts.get(at)
      if (draft !== undefined) draft.comments = comments
    })
  }

  #level(path: readonly string[], start: number, flow: boolean, parent: Level | null, span: Span): Level {
    const column = start - this.#text.lastIndexOf('\n', start - 1) - 1
    const level: Level = { path, column, flow, parent, items: [], notes: [], start, end: span.end }
    if (path.length > MAX_DEPTH) throw this.#refusal(start, 'YAML that is nested too deep')
    this.#levels.push(level)
    if (parent !== null && !flow && !parent.flow && column > parent.column)
      this.step ??= column - parent.column
    return level
  }

  #map(map: YAMLMap, path: readonly string[], parent: Level | null, flow: boolean, own?: unknown): Level {
    const isFlow = flow || map.flow === true
    const [start = 0, end = 0] = map.range ?? []
    this.#oneLine(isFlow, start, end)
    if (isFlow && this.#text[start] !== '{')
      throw this.#refusal(start, 'a map within a list needs braces here')
    const level = this.#level(path, start, isFlow, parent, { start, end })
    const names = new Set<string>()
    for (const pair of map.items) {
      if (pair === own) continue
      const { name, at } = this.#name(pair)
      if (names.has(name)) throw this.#refusal(at, 'a name that is there twice')
      names.add(name)
      this.#value(pair.value, [...path, name], level, at, isFlow)
    }
    return level
  }

  /** More than that, whoever looks at a document without a key would not understand. */
  #oneLine(isFlow: boolean, start: number, end: number): void {
    if (isFlow && this.#text.slice(start, end).includes('\n'))
      throw this.#refusal(
        start,
        'brackets or braces over several lines: write it on one line, or without them',
      )
  }

  #name(pair: Pair): { name: string; at: number } {
    const { key, srcToken } = pair
    const at = nodeStart(key)
    const explicit =
      srcToken !== undefined &&
      'start' in srcToken &&
      srcToken.start?.some(({ type }) => type === 'explicit-key-ind')
    if (!isScalar(key) || explicit || key.anchor || key.tag)
      throw this.#refusal(at, 'a name that is more than text')
    const name = key.value as string
    if (key.type === 'PLAIN') {
      const read = resolvePlain(key.source ?? '')
      if (typeof read === 'string' || read.type !== 'str' || name === '<<')
        throw this.#refusal(at, 'a name that is no text for SOPS: put it in quotes')
    }
    return { name, at }
  }

  #value(node: unknown, path: readonly string[], level: Level, at: number, flow: boolean): void {
    if (isAlias(node))
      throw this.#refusal(nodeStart(node), 'SOPS can not keep an alias: write out what it stands for')
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor) throw this.#refusal(nodeStart(node), 'SOPS can not keep an anchor: take it out')
      if (node.tag) throw this.#refusal(nodeStart(node), 'SOPS can not keep a tag: take it out')
    }
    if (isMap(node)) level.items.push({ at, below: this.#map(node, path, level, flow) })
    else if (isSeq(node)) level.items.push({ at, below: this.#list(node, path, level, flow) })
    else {
      level.items.push({ at, below: null })
      if (isScalar(node)) this.#scalar(node, path, level, at, flow)
    }
  }

  #list(list: YAMLSeq, path: readonly string[], parent: Level, flow: boolean): Level {
    const isFlow = flow || list.flow === true
    const [start = 0, end = 0] = list.range ?? []
    this.#oneLine(isFlow, start, end)
    const level = this.#level(path, start, isFlow, parent, { start, end })
    let depth = 0
    for (let at: Level | null = level; at !== null; at = at.parent) depth++
    if (depth > MAX_DEPTH) throw this.#refusal(start, 'YAML that is nested too deep')
    const tokens = list.srcToken !== undefined && 'items' in list.srcToken ? list.srcToken.items : []
    list.items.forEach((item, i) => {
      const dash = tokens[i]?.start?.find(({ type }) => type === 'seq-item-ind')?.offset
      this.#value(item, path, level, dash ?? nodeStart(item), isFlow)
    })
    return level
  }

  #scalar(node: Scalar, path: readonly string[], level: Level, at: number, flow: boolean): void {
    const [start = 0, end = 0] = node.range ?? []
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
    const value = this.#read(node, start)
    if (value === null) return
    const slot = {
      ...{ start, end: isBlock ? this.#blockEnd(start, end) : end, value, path, flow, column: level.column },
      quote: node.type === 'QUOTE_DOUBLE' ? '"' : node.type === 'QUOTE_SINGLE' ? "'" : '',
      comments: () => [],
    } as const
    if (isBlock && /^[^\n]*#/.test(this.#text.slice(start, slot.end)))
      throw this.#refusal(start, 'a comment behind | or >: put it on a line of its own')
    this.slots.push(slot)
    this.#drafts.set(at, slot)
  }

  /** @returns null for what is not encrypted: nulls and empty strings */
  #read(node: Scalar, start: number): SopsValue | null {
    const text = node.value as string
    if (node.type !== 'PLAIN') return text === '' ? null : sopsValue('str', text)
    const read = resolvePlain(node.source ?? '')
    if (read === 'null') return null
    if (read === 'large') throw this.#refusal(start, 'a number too large for SOPS: put it in quotes')
    if (read === 'octal')
      throw this.#refusal(start, 'a number with a leading zero, which SOPS takes for octal: put it in quotes')
    return read
  }

  /** Blank lines behind a block scalar stay where they are, unless they are a part of it. */
  #blockEnd(start: number, end: number): number {
    const text = this.#text
    const keeps = /^[|>][0-9]?\+/.test(text.slice(start, start + 4))
    let at = end
    for (;;) {
      const line = text.lastIndexOf('\n', at - 1)
      if (line < start || text.slice(line + 1, at).trim() !== '') return at
      at = text[line - 1] === '\r' ? line - 1 : line
      if (keeps) return at
    }
  }

  #refusal(at: number, what: string): Error {
    return faultAt('refused', this.#text, at, what)
  }
}

function nodeStart(node: unknown): number {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0
}
