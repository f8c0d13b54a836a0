/** What a part of a `"…"` string, as written, stands for: escapes decoded, line ends as Nix reads them. */
export function stringText(raw: string): string {
  if (!raw.includes('\\') && !raw.includes('\r')) return raw
  let text = ''
  let start = 0
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c === 92 /* \ */) {
      text += raw.slice(start, i) + unescaped(raw.charAt(i + 1))
      start = i + 2
      i++
    } else if (c === 13 /* CR */) {
      text += `${raw.slice(start, i)}\n`
      if (raw.charCodeAt(i + 1) === 10) i++
      start = i + 1
    }
  }
  return text + raw.slice(start)
}

/** What a character stands for behind a backslash. */
export function unescaped(char: string): string {
  if (char === 'n') return '\n'
  if (char === 'r') return '\r'
  return char === 't' ? '\t' : char
}
