/** The lines of a `.gitattributes` file that bear on `filter`, and which of them can only protect. */
export interface FilterLine {
  /** As it stands in the file, one character a byte, without blanks around it, and with single spaces behind the pattern. */
  readonly line: string
  /** Whether it says `filter=nixsecret` or `filter=nixsecret-sealed`, and nothing else of `filter`. */
  readonly protects: boolean
}

const MACRO = /^\[attr\]/
const PROTECTS = /^filter=nixsecret(?:-sealed)?$/

/** Names of the macros that a `.gitattributes` file defines (https://git-scm.com/docs/gitattributes#_defining_macro_attributes). */
export function macroNames(content: Buffer): string[] {
  return linesOf(content).flatMap((line) => (MACRO.test(line) ? [wordsOf(line.slice(6))[0] ?? ''] : []))
}

/**
 * The lines that name `filter` in any form, define a macro, or use one: a macro may set or unset what it likes.
 * @param macros names of all macros that are defined anywhere in the repository
 */
export function filterLines(content: Buffer, macros: ReadonlySet<string>): FilterLine[] {
  return linesOf(content).flatMap((line) => {
    // To git a line may end at a NUL, or the whole file: nobody can see by it what holds.
    if (MACRO.test(line) || line.includes('\0')) return [{ line, protects: false }]
    const behind = behindPattern(line)
    const words = wordsOf(behind)
    const about = words.filter((word) => nameOf(word) === 'filter' || macros.has(nameOf(word)))
    if (about.length === 0) return []
    const plain = [line.slice(0, line.length - behind.length), ...words].join(' ')
    return [{ line: plain, protects: !line.startsWith('!') && about.every((word) => PROTECTS.test(word)) }]
  })
}

/** The pattern of a line, as it stands there. */
export function patternOf(line: string): string {
  return line.slice(0, line.length - behindPattern(line).length)
}

/** What of `filter` a line says with words of its own, and not by a macro. */
export function filterWords(line: string): string[] {
  return wordsOf(behindPattern(line)).filter((word) => nameOf(word) === 'filter')
}

function linesOf(content: Buffer): string[] {
  const text = content.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  return text
    .split('\n')
    .map((line) => line.replace(/^[ \t\r]+|[ \t\r]+$/g, ''))
    .filter((line) => line !== '' && (!line.startsWith('#') || line.includes('\0')))
}

function behindPattern(line: string): string {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(line)?.[0]
  return quoted === undefined ? line.replace(/^[^ \t\r]+/, '') : line.slice(quoted.length)
}

function wordsOf(text: string): string[] {
  return text.split(/[ \t\r]+/).filter((word) => word !== '')
}

function nameOf(word: string): string {
  return word.replace(/^[-!]/, '').replace(/=.*$/, '')
}
