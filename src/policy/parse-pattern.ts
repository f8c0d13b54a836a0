import { NixsecretError } from '../errors.ts'
import { quoteName } from './quote-name.ts'

/** One thing that a pattern asks of a part of a path: a byte, any byte, one byte of a set, or any run (`*`). */
export type Token =
  | { readonly kind: 'byte'; readonly byte: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'set'; readonly bytes: ReadonlySet<number> }
  | { readonly kind: 'star' }

/** What one part of a path (between slashes) must be; `**` is any number of parts. */
export type Part = readonly Token[] | '**'

/** A pattern of `.gitignore` syntax, taken apart. */
export interface ParsedPattern {
  /** False where the pattern has no slash: then it is matched against the file's name alone. */
  readonly anchored: boolean
  readonly parts: readonly Part[]
}

/** Longest pattern in bytes; git ignores attribute lines of 2,048 bytes and more. */
const LONGEST = 1024
const SLASH = 0x2f

/**
 * Takes apart a pattern of the policy. What git's own wildmatch treats in a surprising way is refused rather
 * than imitated, so that what is accepted means the same to a reader, to git, and here.
 * @param pattern text as it stands in the policy
 * @throws NixsecretError `policy`, without file and line, saying what to write instead
 * @see https://git-scm.com/docs/gitignore#_pattern_format and wildmatch.c, dir.c of git
 */
export function parsePattern(pattern: string): ParsedPattern {
  const bytes = Buffer.from(pattern, 'utf8').toString('latin1')
  refuseForeign(pattern, bytes)
  const body = bytes.startsWith('/') ? bytes.slice(1) : bytes
  if (body === '') throw fault(pattern, 'it names no file; write "/**" for every file')
  if (body.endsWith('/')) {
    throw fault(pattern, `a "/" at the end never matches a file; write ${quoteName(`${pattern}**`)}`)
  }
  const anchored = bytes.includes('/')
  // A slash in brackets or behind a backslash cuts too: what is left of the bracket is then refused.
  const parts = body.split('/').map((part) => parsePart(pattern, part, anchored))
  return { anchored, parts }
}

function refuseForeign(pattern: string, bytes: string): void {
  if (bytes === '') throw fault(pattern, 'it is empty')
  if (bytes.length > LONGEST) throw fault(pattern, `it is longer than ${LONGEST} bytes`)
  if (bytes.includes('\0')) throw fault(pattern, 'it holds a NUL byte')
  if (/[\ud800-\udfff]/.test(pattern.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ''))) {
    throw fault(pattern, 'it holds half a character')
  }
  if (pattern.startsWith('!')) {
    throw fault(pattern, 'a pattern cannot exclude; put a rule with its own "to" before this one')
  }
  if (bytes.startsWith('[attr]')) throw fault(pattern, 'git reads "[attr]" at the start as something else')
  if (/^[ \t\n\v\f\r]|(?<!\\)[ \t\n\v\f\r]$/.test(bytes)) {
    throw fault(pattern, 'a space at its start or end; write it as "?" or take it out')
  }
}

function parsePart(pattern: string, part: string, anchored: boolean): Part {
  if (part === '') throw fault(pattern, 'two slashes in a row never match')
  if (part === '.' || part === '..') {
    throw fault(pattern, `"${part}" never matches; write the path from the top of the repository`)
  }
  if (anchored && /^\*\*+$/.test(part)) return '**'
  if (anchored && /\*\*$/.test(part)) {
    // git takes "a**/b" for "a" followed by any number of directories if no other wildcard stands before it.
    throw fault(pattern, '"**" must be a whole part between slashes; write "*", or "/**/"')
  }
  const tokens: Token[] = []
  for (let at = 0; at < part.length; ) {
    const { token, next } = readToken(pattern, part, at)
    // A run of stars within a part is one star.
    if (token.kind !== 'star' || tokens.at(-1)?.kind !== 'star') tokens.push(token)
    at = next
  }
  return tokens
}

function readToken(pattern: string, part: string, at: number): { token: Token; next: number } {
  const char = part[at] as string
  if (/[?*+@!]/.test(char) && part[at + 1] === '(') {
    throw fault(pattern, `"${char}(…)" is not known to git; write one pattern for each case`)
  }
  if (char === '{' || char === '}') {
    throw fault(pattern, 'git does not expand braces; write one pattern for each case')
  }
  if (char === '*') return { token: { kind: 'star' }, next: at + 1 }
  if (char === '?') return { token: { kind: 'any' }, next: at + 1 }
  if (char === '[') return readSet(pattern, part, at + 1)
  if (char === '\\') {
    if (at + 1 >= part.length) throw fault(pattern, 'a backslash needs a character behind it, other than "/"')
    return { token: { kind: 'byte', byte: part.charCodeAt(at + 1) }, next: at + 2 }
  }
  return { token: { kind: 'byte', byte: part.charCodeAt(at) }, next: at + 1 }
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  lower: /[a-z]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
}

/** Reads `[…]` as wildmatch.c does: `!` or `^` negate, a first `]` is literal, `\` escapes, `[:digit:]`. */
function readSet(pattern: string, part: string, start: number): { token: Token; next: number } {
  const negated = part[start] === '!' || part[start] === '^'
  const bytes = new Set<number>()
  let at = negated ? start + 1 : start
  for (let first = true; first || part[at] !== ']'; first = false) {
    const named = /^\[:([a-z]*):\]/.exec(part.slice(at))
    if (named !== null) {
      const test = CLASSES[named[1] as string]
      if (test === undefined) throw fault(pattern, `"[:${named[1]}:]" is not supported`)
      for (let byte = 0; byte < 128; byte++) if (test.test(String.fromCharCode(byte))) bytes.add(byte)
      at += named[0].length
      continue
    }
    const low = readSetByte(pattern, part, at)
    at = low.next
    const isRange = part[at] === '-' && at + 1 < part.length && part[at + 1] !== ']'
    const high = isRange ? readSetByte(pattern, part, at + 1) : low
    if (high.byte < low.byte) throw fault(pattern, 'a range in brackets runs backwards')
    at = high.next
    for (let byte = low.byte; byte <= high.byte; byte++) bytes.add(byte)
  }
  const members = new Set<number>()
  for (let byte = 1; byte < 256; byte++) if (bytes.has(byte) !== negated && byte !== SLASH) members.add(byte)
  if (members.size === 0) throw fault(pattern, 'its brackets match nothing')
  return { token: { kind: 'set', bytes: members }, next: at + 1 }
}

function readSetByte(pattern: string, part: string, at: number): { byte: number; next: number } {
  const escaped = part[at] === '\\'
  const byte = part.charCodeAt(escaped ? at + 1 : at)
  if (Number.isNaN(byte)) {
    throw fault(pattern, 'a "[" is not closed before the next "/"; write "\\\\[" for the character itself')
  }
  if (byte >= 128) throw fault(pattern, 'git reads brackets byte by byte; only ASCII may stand in them')
  if (!escaped && part[at] === '[' && part[at + 1] === ':')
    throw fault(pattern, 'a "[:" in brackets is not closed')
  return { byte, next: escaped ? at + 2 : at + 1 }
}

function fault(pattern: string, why: string): NixsecretError {
  return new NixsecretError('policy', `pattern ${quoteName(pattern)}: ${why}`)
}
