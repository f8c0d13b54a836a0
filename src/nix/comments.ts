import type { Span } from './ast.ts'

/**
 * The comments of a Nix source, in order; what only looks like one, in a string, is none. Reads tokens alone, so that
 * a text that is no sound Nix has comments too. Takes time in proportion to the text.
 * @param source any text; spans are offsets in it
 * @see https://nix.dev/manual/nix/latest/language/ and lexer.l of Nix
 */
export function nixComments(source: string): Span[] {
  const comments: Span[] = []
  // What is open, from outside to inside: `{` of code and `${`, or a kind of string.
  const open: ('{' | '"' | "''")[] = []
  for (let at = 0; at < source.length; ) {
    const inside = open.at(-1)
    if (inside === '"' || inside === "''") at = inString(source, at, inside, open)
    else {
      const end = commentEnd(source, at)
      if (end !== null) comments.push({ from: at, to: end })
      at = end ?? inCode(source, at, open)
    }
  }
  return comments
}

function commentEnd(source: string, at: number): number | null {
  if (source[at] === '#') {
    const end = source.indexOf('\n', at)
    return end === -1 ? source.length : end
  }
  if (!source.startsWith('/*', at)) return null
  const end = source.indexOf('*/', at + 2)
  return end === -1 ? source.length : end + 2
}

// A quote within a name begins no string, and what looks like a comment within a URI is none. Schemes are short: that
// bounds the time.
const WORD = /[A-Za-z][A-Za-z0-9+.-]{0,30}:[\w%/?:@&=+$,.!~*'-]+|[A-Za-z_][\w'-]*/y

function inCode(source: string, at: number, open: ('{' | '"' | "''")[]): number {
  WORD.lastIndex = at
  const word = WORD.exec(source)?.[0]
  if (word !== undefined) return at + word.length
  if (source.startsWith("''", at)) {
    open.push("''")
    return at + 2
  }
  const char = source[at]
  if (char === '"' || char === '{') open.push(char)
  else if (char === '}') open.pop()
  return at + 1
}

function inString(source: string, at: number, kind: '"' | "''", open: ('{' | '"' | "''")[]): number {
  if (source.startsWith('${', at)) {
    open.push('{')
    return at + 2
  }
  // `$${` is text.
  if (source.startsWith('$$', at)) return at + 2
  if (kind === '"') {
    if (source[at] === '\\') return at + 2
    if (source[at] === '"') open.pop()
    return at + 1
  }
  if (!source.startsWith("''", at)) return at + 1
  // Escapes: a quote, a dollar, or any character behind a backslash.
  if (source[at + 2] === "'" || source[at + 2] === '$') return at + 3
  if (source[at + 2] === '\\') return at + 4
  open.pop()
  return at + 2
}
