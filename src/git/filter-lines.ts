import { unquoteCStyle } from './unquote-c-style.ts'

/** The lines of a `.gitattributes` file that bear on `filter`, and which of them can only protect. */
export interface FilterLine {
  /**
   * One character a byte, without blanks around it, and with single spaces behind the pattern; just as it stands in the
   * file where git may leave it out.
   */
  readonly line: string
  /** Whether it says `filter=nixsecret` or `filter=nixsecret-sealed`, and nothing else of `filter`. */
  readonly protects: boolean
}

/** A line of a file. */
interface Line {
  /** Without blanks around it, or a byte order mark. */
  readonly text: string
  /** What is kept of it where it can't be told what git makes of it; null where it can. */
  readonly odd: string | null
}

const MACRO = '[attr]'
const PROTECTS = /^filter=nixsecret(?:-sealed)?$/
const BOM = '\xef\xbb\xbf'
/** Bytes: git since 2.39.1 leaves out lines that are as long, with all blanks, or longer (attr.h). */
const TOO_LONG = 2048

/** Names of the macros that a `.gitattributes` file defines (https://git-scm.com/docs/gitattributes#_defining_macro_attributes). */
export function macroNames(content: Buffer): string[] {
  return linesOf(content).flatMap(({ text }) => {
    const { name } = split(text)
    return name.startsWith(MACRO) ? [macroName(name, text)] : []
  })
}

/**
 * The lines that name `filter` in any form, define a macro, or use one: a macro may set or unset what it likes.
 * @param macros names of all macros that are defined anywhere in the repository
 */
export function filterLines(content: Buffer, macros: ReadonlySet<string>): FilterLine[] {
  return linesOf(content).flatMap(({ text, odd }) => {
    const { name, end, isPlain } = split(text)
    // To git a line may end at a NUL, or the whole file: nobody can see by it what holds.
    if (name.startsWith(MACRO) || text.includes('\0')) return [{ line: odd ?? text, protects: false }]
    const words = wordsOf(text.slice(end))
    const about = words.filter((word) => nameOf(word) === 'filter' || macros.has(nameOf(word)))
    if (about.length === 0) return []
    if (odd !== null) return [{ line: odd, protects: false }]
    const line = [text.slice(0, end), ...words].join(' ')
    const protects = isPlain && !name.startsWith('!') && about.every((word) => PROTECTS.test(word))
    return [{ line, protects }]
  })
}

/** Whether a line defines a macro; quotes around its name make no difference to git. */
export function isMacro(line: string): boolean {
  return split(trimmed(withoutMark(line))).name.startsWith(MACRO)
}

/** The pattern of a line, as it stands there. */
export function patternOf(line: string): string {
  return line.slice(0, split(line).end)
}

/** What of `filter` a line says with words of its own, and not by a macro. */
export function filterWords(line: string): string[] {
  return wordsOf(line.slice(split(line).end)).filter((word) => nameOf(word) === 'filter')
}

function linesOf(content: Buffer): Line[] {
  return content
    .toString('latin1')
    .split('\n')
    .map((raw, i) => {
      // git passes over the mark in the work tree; of the index it reads it as part of the first pattern.
      const isMarked = i === 0 && raw.startsWith(BOM)
      const text = trimmed(isMarked ? withoutMark(raw) : raw)
      if (raw.length >= TOO_LONG) return { text, odd: raw }
      return { text, odd: isMarked ? `${BOM}${text}` : null }
    })
    .filter(({ text }) => text !== '' && (!text.startsWith('#') || text.includes('\0')))
}

function withoutMark(line: string): string {
  return line.startsWith(BOM) ? line.slice(BOM.length) : line
}

/** Without blanks at both ends. An expression that looks for the last ones takes forever where there are many others. */
function trimmed(line: string): string {
  let [start, end] = [0, line.length]
  while (start < end && isBlank(line[start])) start++
  while (end > start && isBlank(line[end - 1])) end--
  return line.slice(start, end)
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r'
}

/** The name in front of a line as git reads it, and where it ends; not plain where its quotes are none to git. */
function split(line: string): { readonly name: string; readonly end: number; readonly isPlain: boolean } {
  const quoted = unquoteCStyle(line)
  if (quoted !== null) return { ...quoted, isPlain: true }
  const blank = line.search(/[ \t\r]/)
  const end = blank === -1 ? line.length : blank
  return { name: line.slice(0, end), end, isPlain: line[0] !== '"' }
}

/** @param name with `[attr]`; where nothing stands behind it in a line, git takes it for a pattern, and no harm is done */
function macroName(name: string, line: string): string {
  const behind = name === MACRO ? line.slice(MACRO.length) : name.slice(MACRO.length)
  return behind.split(/[ \t\r\n\0]+/).find((word) => word !== '') ?? ''
}

function wordsOf(text: string): string[] {
  return text.split(/[ \t\r]+/).filter((word) => word !== '')
}

function nameOf(word: string): string {
  return word.replace(/^[-!]/, '').replace(/=.*$/, '')
}
