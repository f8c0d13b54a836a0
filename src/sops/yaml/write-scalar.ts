import type { SopsValue } from '../sops-value.ts'
import { plainScalar, resolvePlain } from './scalar.ts'

/** Around a string that is written. */
export interface ScalarPlace {
  /** Within `[…]` or `{…}`. */
  readonly flow: boolean
  /** Columns before lines of a block scalar; null where none may stand. */
  readonly indent: number | null
  /** Whether blank lines at the end of a block scalar would be its own. */
  readonly mayKeep: boolean
  readonly lineEnd: string
}

export type Quote = '' | '"' | "'"

/** YAML 1.1 would read them as booleans and base 60 numbers, and `=` as a default key; `<<` merges. */
const OTHER_MEANING =
  /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|=|<<|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)$/
/** What YAML calls printable, but for line ends, and marks that are lost or move text. */
const PRINTABLE =
  /^[\t\x20-\x7e\xa0-\u1fff\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u
const UNPRINTABLE =
  /[^\t\x20-\x7e\xa0-\u1fff\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu

/**
 * A value as YAML: text plain where it can be, lines as a literal block, else in quotes. It always reads as the same
 * value, by YAML 1.1 as by 1.2.
 * @param quote for text that has been written in such quotes
 * @returns null where it can't be had
 */
export function writeScalar(value: SopsValue, quote: Quote, place: ScalarPlace): string | null {
  if (value.type !== 'str' && value.type !== 'bytes') return plainScalar(value)
  const text = value.data.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(value.data)) return null
  if (quote === "'" && PRINTABLE.test(text)) return `'${text.replaceAll("'", "''")}'`
  if (quote !== '') return doubleQuoted(text)
  if (isPlain(text, place.flow)) return text
  return literal(text, place) ?? doubleQuoted(text)
}

function isPlain(text: string, flow: boolean): boolean {
  if (text === '' || text.trim() !== text || !PRINTABLE.test(text) || text.includes('\t')) return false
  if (/^[,[\]{}#&*!|>'"%@`]|^[-?:](?:$|[\s,[\]{}])|^(?:---|\.\.\.)|:$|: | #/.test(text)) return false
  // Within a flow collection other programs are quicker to see its signs.
  if (flow && (/[,[\]{}:]/.test(text) || /^[-?]/.test(text))) return false
  const read = resolvePlain(text)
  return typeof read !== 'string' && read.type === 'str' && !OTHER_MEANING.test(text)
}

function literal(text: string, { flow, indent, mayKeep, lineEnd }: ScalarPlace): string | null {
  if (flow || indent === null || !text.includes('\n') || /^\s/.test(text)) return null
  const lines = text.split('\n')
  // Programs differ about lines of nothing but spaces.
  if (!lines.every((line) => line === '' || (PRINTABLE.test(line) && line.trim() !== ''))) return null
  // The line end that closes the block is that of the line after it, which is there.
  let chomp = '-'
  if (lines.at(-1) === '') {
    lines.pop()
    chomp = lines.at(-1) === '' ? '+' : ''
  }
  if (chomp === '+' && !mayKeep) return null
  const spaces = ' '.repeat(indent)
  return [`|${chomp}`, ...lines.map((line) => (line === '' ? '' : spaces + line))].join(lineEnd)
}

function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) as number
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
