/** How a value is written: bare, or within quotes, of which the longest can hold lines. */
export type IniQuote = '' | '"' | "'" | '`' | '"""'

export interface IniValue {
  readonly text: string
  readonly quote: IniQuote
  /** Of what was read, with its quotes. */
  readonly length: number
}

/**
 * Reads a value as SOPS's library does (`readValue` of https://github.com/go-ini/ini/blob/main/parser.go).
 * @param rest of the file, from the first character of the value
 * @returns what is wrong with it, for people
 */
export function readIniValue(rest: string): IniValue | string {
  const quote = rest.startsWith('"""') && !/^"""\r?$/.test(rest) ? '"""' : rest.startsWith('`') ? '`' : null
  const newline = rest.indexOf('\n')
  const line = newline === -1 ? rest : rest.slice(0, newline)
  if (quote !== null) return readQuoted(rest, line, quote)
  const bare = line.trim()
  if (bare.endsWith('\\')) return 'a line that goes on in the next one: SOPS can not keep that'
  if (/[#;]/.test(bare))
    return 'SOPS takes what is behind # or ; for a comment: put the value in backquotes (`…`)'
  const mark = bare[0]
  if ((mark === '"' || mark === "'") && bare.length >= 2 && bare.indexOf(mark, 1) === bare.length - 1)
    return { text: bare.slice(1, -1), quote: mark, length: bare.length }
  return { text: bare, quote: '', length: bare.length }
}

function readQuoted(rest: string, line: string, quote: '`' | '"""'): IniValue | string {
  const size = quote.length
  let end = line.lastIndexOf(quote)
  let lineStop = line.length
  if (end < size) {
    // The first line that has the quote ends the value, at the last one in it.
    const closing = rest.indexOf(quote, line.length)
    if (closing === -1) return 'a quote that is not closed'
    const stop = rest.indexOf('\n', closing)
    lineStop = stop === -1 ? rest.length : stop
    end = rest.lastIndexOf(quote, lineStop - size)
  }
  if (rest.slice(end + size, lineStop).trim() !== '') return 'something behind the closing quote'
  return { text: rest.slice(size, end), quote, length: end + size }
}

/**
 * A value as it has to be written to be read as the same.
 * @param quote to be tried first
 * @returns null where there is no way
 */
export function writeIniValue(text: string, quote: IniQuote): string | null {
  const order: readonly IniQuote[] = text.includes('\n') ? ['"""', '`'] : ['', '"', "'", '`', '"""']
  for (const mark of quote === '' ? order : [quote, ...order]) {
    const written = mark + text + mark
    const read = readIniValue(`${written}\n`)
    if (typeof read !== 'string' && read.text === text && read.length === written.length) return written
  }
  return null
}
