declare const brand: unique symbol

/**
 * A path inside a repository as git has it: bytes, no leading slash, `/` between parts.
 * Held as a string with one character a byte (latin1), so that it can be a map key and be matched byte-wise,
 * as git's own wildmatch does. Never print it or hand it to the file system as it is:
 * {@link displayPath} and {@link pathBytes} are for that.
 */
export type BytePath = string & { readonly [brand]: 'BytePath' }

/** Raw bytes, as git prints them with `-z`, to a path. */
export function bytePath(raw: Uint8Array): BytePath {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1') as BytePath
}

/** A path from text that is truly text (a literal, a decoded argument): its UTF-8 bytes. */
export function textPath(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1') as BytePath
}

/** The bytes of a path, for the file system and for git's standard input. */
export function pathBytes(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1')
}

/** The part after the last slash. */
export function baseName(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1) as BytePath
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' }

/**
 * A path for people: as it is where it is plain printable UTF-8, else in double quotes with C escapes,
 * as `git status` does. Nothing in it can steer a terminal.
 */
export function displayPath(path: BytePath): string {
  return displayText(pathBytes(path))
}

/** Any untrusted name, escaped like {@link displayPath}. */
export function displayText(value: Uint8Array | string): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value)
  const text = bytes.toString('utf8')
  const faithful = Buffer.from(text, 'utf8').equals(bytes)
  // \p{C}: controls, format characters (bidi overrides), unassigned; line separators count too.
  if (faithful && !/[\p{C}\p{Zl}\p{Zp}"\\]/u.test(text)) return text
  let out = ''
  for (const char of faithful ? text : bytes.toString('latin1')) {
    const code = ESCAPES[char]
    if (code !== undefined) out += code
    else if (faithful ? !/[\p{C}\p{Zl}\p{Zp}]/u.test(char) : char >= ' ' && char <= '~') out += char
    else
      for (const byte of Buffer.from(char, faithful ? 'utf8' : 'latin1'))
        out += `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `"${out}"`
}
