/**
 * How a text may stand in a file: as it is; as a string of ATerm, as `.drv` files have it; as a string of JSON; as that in
 * ATerm (`__structuredAttrs`); in single quotes of a shell (`.attrs.sh`, `escapeShellArg`); in base64.
 * `file`: the whole content of a file, by its hash.
 */
export type Form = 'file' | 'text' | 'aterm' | 'json' | 'json-in-aterm' | 'shell' | 'base64'

/** A text in one of its forms, one character a byte. */
export interface FormedText {
  readonly form: Form
  readonly text: string
}

const ATERM: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
const aterm = (text: string) => text.replace(/["\\\n\r\t]/g, (char) => ATERM[char] as string)
const shell = (text: string) => text.replaceAll("'", "'\\''")
const json = (text: string) => JSON.stringify(text).slice(1, -1)

/**
 * Every distinct form in which a text may stand inside of another.
 * @param text one character a byte (latin1)
 */
export function formsInside(text: string): FormedText[] {
  return distinct([
    { form: 'text', text },
    { form: 'aterm', text: aterm(text) },
    { form: 'json', text: json(text) },
    { form: 'json-in-aterm', text: aterm(json(text)) },
    { form: 'shell', text: shell(text) },
    { form: 'shell', text: aterm(shell(text)) },
  ])
}

/**
 * The forms of a text that is the whole value of an attribute: with what stands around it in a `.drv` file, so that even a
 * short or common text is found there, with and without a line feed at its end.
 */
export function formsAsAttribute(text: string): FormedText[] {
  return ['', '\n'].flatMap((end): FormedText[] => [
    { form: 'aterm', text: `,"${aterm(text + end)}")` },
    { form: 'json-in-aterm', text: aterm(`:"${json(text + end)}"`) },
  ])
}

/** Bytes of the window that base64 is looked for by: 32 characters. */
const WINDOW = 24
/** Bytes in a line of base64 of 64 and of 76 characters. */
const LINES = [48, 57]

/**
 * A part of the base64 of a content: of all of it if it is short, else of a window in its middle that lies in one line
 * however the lines are broken, since beginnings (of keys, say) are often the same.
 * @returns null for what is too short to be told from other text
 */
export function base64Part(content: Buffer): FormedText | null {
  const size = content.length - (content.length % 3)
  if (size < 12) return null
  let start = 0
  let end = size
  if (size > WINDOW) {
    start = Math.floor((size - WINDOW) / 2)
    start -= start % 3
    const broken = (at: number) =>
      LINES.some((line) => Math.floor(at / line) !== Math.floor((at + WINDOW - 1) / line))
    while (start > 0 && broken(start)) start -= 3
    end = start + WINDOW
  }
  return { form: 'base64', text: content.subarray(start, end).toString('base64') }
}

function distinct(forms: readonly FormedText[]): FormedText[] {
  const texts = new Set<string>()
  return forms.filter(({ text }) => !texts.has(text) && texts.add(text))
}
