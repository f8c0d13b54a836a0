import {
  faultAt,
  lineEnd,
  MAX_SLOTS,
  type Slot,
  type SopsFormat,
  type SopsText,
  type Span,
} from '../document.ts'
import { sopsValue } from '../sops-value.ts'
import { flatten, unflatten } from './flatten.ts'
import { type IniQuote, readIniValue, writeIniValue } from './ini-value.ts'
import { textOf } from './text-of.ts'

interface IniSlot extends Slot {
  readonly quote: IniQuote
}

/** The section of SOPS itself, and that of names before the first section. */
const OWN = 'sops'
const DEFAULT = 'DEFAULT'

/**
 * INI as SOPS has it (https://github.com/getsops/sops/blob/main/stores/ini/store.go). Comment lines that follow each
 * other are one comment, which belongs to the section of what comes after.
 */
export const iniFormat: SopsFormat<IniSlot> = {
  read: (text) => new Reader(text).read(),
  sealed(slot, sealed, { text }) {
    if (slot.value.type === 'comment') return sealed
    const isUsual = writeIniValue(slot.value.data.toString('utf8'), '') === text.slice(slot.start, slot.end)
    return isUsual ? sealed : slot.quote + sealed + slot.quote
  },
  opened(slot, value, whole) {
    const text = textOf(value)
    if (text === null || slot.value.type !== 'comment')
      return text === null ? null : writeIniValue(text, slot.quote)
    const lines = text.split(/\r?\n/)
    return lines
      .map((line, i) => (i === 0 || /^\s*[;#]/.test(line) ? line : `; ${line}`))
      .join(lineEnd(whole.text))
  },
  metadataText(tree, { text }) {
    const entries = flatten(tree)
    const width = Math.max(...entries.map(([name]) => name.length))
    const lines = entries.map(([name, value]) => {
      const shown = writeIniValue(value.replaceAll('\n', '\\n'), '')
      return `${name.padEnd(width)} = ${shown}`
    })
    return [`[${OWN}]`, ...lines, ''].join(lineEnd(text))
  },
  insertions(metadata, { text }) {
    const end = lineEnd(text)
    const isOpen = text !== '' && !text.endsWith('\n')
    const body = metadata.replace(/(?:\r?\n)+$/, '')
    return [{ start: text.length, end: text.length, text: isOpen ? end + end + body : end + body + end }]
  },
}

class Reader {
  readonly #text: string
  readonly #slots: IniSlot[] = []
  #section = DEFAULT
  #names = new Set<string>()
  /** Comment lines that follow each other. */
  #note: { start: number; end: number } | null = null
  /** Comments whose section is not known yet. */
  #notes: { start: number; end: number }[] = []
  readonly #own: { name: string; value: string; at: Span }[] = []
  #ownSpan: { start: number; end: number } | null = null

  constructor(text: string) {
    this.#text = text
  }

  read(): SopsText<IniSlot> {
    const text = this.#text
    if (text.startsWith('\ufeff')) throw this.#refusal(0, 'a byte order mark')
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start)
      start = this.#line(start, newline === -1 ? text.length : newline) + 1
      if (this.#slots.length > MAX_SLOTS) throw this.#refusal(start, 'too many values')
    }
    this.#takeNotes(this.#section)
    this.#slots.sort((a, b) => a.start - b.start)
    return { text, slots: this.#slots, ...this.#metadata() }
  }

  /** @returns where the line ends, or the last one of a value */
  #line(start: number, end: number): number {
    const line = this.#text.slice(start, end)
    const trimmed = line.trim()
    const from = start + line.length - line.trimStart().length
    if (trimmed === '') {
      this.#endNote()
      return end
    }
    if (/^[;#]/.test(trimmed)) {
      const stop = from + trimmed.length
      if (this.#note !== null) this.#note.end = stop
      else this.#note = { start: from, end: stop }
      return end
    }
    return trimmed.startsWith('[') ? this.#header(trimmed, start, end) : this.#entry(from, end)
  }

  #header(trimmed: string, start: number, end: number): number {
    const close = trimmed.lastIndexOf(']')
    if (close !== trimmed.length - 1 || close < 2)
      throw this.#refusal(start, 'a section that SOPS can not keep: [name], and nothing behind it')
    const name = trimmed.slice(1, close)
    // SOPS's own section is no part of the text.
    this.#takeNotes(name === OWN ? this.#section : name)
    this.#section = name
    this.#names = new Set()
    if (name === OWN) {
      if (this.#ownSpan !== null) throw this.#refusal(start, 'a section that is there twice')
      this.#ownSpan = { start, end: this.#text.length }
    } else if (this.#ownSpan?.end === this.#text.length) this.#ownSpan.end = start
    return end
  }

  #entry(from: number, end: number): number {
    const text = this.#text
    const line = text.slice(from, end)
    const sign = line.search(/[=:]/)
    const name = line.slice(0, Math.max(sign, 0)).trim()
    if (name === '' || /^["`]/.test(name) || name === '-')
      throw this.#refusal(from, 'a line that SOPS can not keep: name = value')
    if (this.#names.has(name)) throw this.#refusal(from, 'a name that is there twice')
    this.#names.add(name)
    this.#takeNotes(this.#section)
    const rest = line.slice(sign + 1)
    const start = from + sign + 1 + rest.length - rest.trimStart().length
    if (start >= end) return end
    const value = readIniValue(text.slice(start))
    if (typeof value === 'string') throw this.#refusal(from, value)
    const at = { start, end: start + value.length }
    if (this.#section === OWN) this.#own.push({ name, value: value.text, at })
    else if (value.text !== '')
      this.#slots.push({
        ...at,
        value: sopsValue('str', value.text),
        path: [this.#section, name],
        quote: value.quote,
        comments: () => [],
      })
    const newline = text.indexOf('\n', at.end)
    return newline === -1 ? text.length : newline
  }

  #endNote(): void {
    if (this.#note !== null) this.#notes.push(this.#note)
    this.#note = null
  }

  #takeNotes(section: string): void {
    this.#endNote()
    for (const note of this.#notes) this.#takeNote(note, section)
    this.#notes = []
  }

  #takeNote(note: Span, section: string): void {
    const source = this.#text.slice(note.start, note.end)
    const start = note.start + (/^(?:;[; ]*|#[# ]*)/.exec(source)?.[0].length ?? 0)
    const text = this.#text.slice(start, note.end)
    if (/^[\r\n]/.test(text))
      throw this.#refusal(note.start, 'an empty line of a comment, which SOPS can not keep')
    if (text === '') return
    const value = sopsValue('comment', text)
    this.#slots.push({ start, end: note.end, value, path: [section], quote: '', comments: () => [] })
  }

  #metadata(): Pick<SopsText, 'metadata' | 'removed'> {
    const span = this.#ownSpan
    if (span === null) return { metadata: null, removed: [] }
    const text = this.#text
    const own = this.#own
    const tree = unflatten(own.map(({ name, value }) => [name, value.replaceAll('\\n', '\n')] as const))
    const leaf = (name: string) => own.find((one) => one.name === name)?.at
    const [lastModified, mac] = [leaf('lastmodified'), leaf('mac')]
    if (tree === null || lastModified === undefined || mac === undefined)
      throw this.#refusal(span.start, 'a section by the name of sops, which SOPS needs for itself')
    let { start } = span
    const eatLineEnd = () => {
      if (text[start - 1] !== '\n') return
      start--
      if (text[start - 1] === '\r') start--
    }
    // The blank line before it came with it; and a text that does not end its last line did not do so before.
    if (/(?:^|\n)\r?\n$/.test(text.slice(Math.max(start - 4, 0), start))) eatLineEnd()
    if (span.end === text.length && !text.endsWith('\n')) eatLineEnd()
    return { metadata: { tree, source: span, lastModified, mac }, removed: [{ start, end: span.end }] }
  }

  #refusal(at: number, what: string): Error {
    return faultAt('refused', this.#text, at, what)
  }
}
