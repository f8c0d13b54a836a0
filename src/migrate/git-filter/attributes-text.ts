/** One line of a `.gitattributes` file that sets attributes. */
export interface AttributesLine {
  /** From 1. */
  readonly number: number
  /** As it stands there, quotes included; a macro's begins with `[attr]`. */
  readonly pattern: string
  readonly words: readonly string[]
}

// What git takes for space between words, see attr.c.
const BLANK = /[ \t\r\n]+/
/** git ignores longer lines. */
const LONGEST_LINE = 2048

/**
 * Takes a `.gitattributes` file apart, as git's attr.c does. Text is one character a byte (latin1).
 * @see https://git-scm.com/docs/gitattributes
 */
export function attributesText(text: string): AttributesLine[] {
  const found: AttributesLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^[ \t\r]+/, '')
    if (line === '' || line.startsWith('#') || raw.length >= LONGEST_LINE) continue
    const quoted = /^"(?:[^"\\]|\\.)*"/.exec(line)?.[0]
    const pattern = quoted ?? (line.split(BLANK)[0] as string)
    const words = line.slice(pattern.length).split(BLANK).filter(Boolean)
    found.push({ number: index + 1, pattern, words })
  }
  return found
}
