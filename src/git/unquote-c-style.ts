const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}

/**
 * Reads a name in quotes, as git does at the start of a line of `.gitattributes`, and writes it by `core.quotePath`.
 * @param text one character a byte
 * @returns the name, and where what follows it begins; null where it begins with no quote, or git could not read it
 * @see `unquote_c_style` in quote.c of git
 */
export function unquoteCStyle(text: string): { readonly name: string; readonly end: number } | null {
  if (text[0] !== '"') return null
  const parts: string[] = []
  for (let at = 1; ; ) {
    const special = /["\\]/g
    special.lastIndex = at
    const stop = special.exec(text)?.index
    if (stop === undefined) return null
    parts.push(text.slice(at, stop))
    if (text[stop] === '"') return { name: parts.join(''), end: stop + 1 }
    const octal = text.slice(stop + 1, stop + 4)
    const char = /^[0-3][0-7]{2}$/.test(octal)
      ? String.fromCharCode(Number.parseInt(octal, 8))
      : ESCAPED[text[stop + 1] ?? '']
    if (char === undefined) return null
    parts.push(char)
    at = stop + (/[0-3]/.test(octal[0] ?? '') ? 4 : 2)
  }
}
