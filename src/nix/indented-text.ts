import { unescaped } from './string-text.ts'

/** A piece of an indented string as Nix's lexer cuts it; indentation counts in what is no escape. */
interface Piece {
  text: string
  readonly plain: boolean
}

const NO_INDENT = 1_000_000

/**
 * What a `''…''` string stands for: escapes decoded, common indentation stripped, as in Nix's `stripIndentation`
 * (https://github.com/NixOS/nix/blob/master/src/libexpr/include/nix/expr/parser-state.hh).
 * @param parts text as written between `''` and `''`, and anything else for what is interpolated
 */
export function indentedText<T extends object>(parts: readonly (string | T)[]): (string | T)[] {
  const items: (Piece | T)[] = []
  for (const [i, part] of parts.entries()) {
    if (typeof part !== 'string') items.push(part)
    else pieces(i === 0 ? withoutFirstLine(part) : part, items)
  }
  strip(items, indentation(items))
  const texts: (string | T)[] = []
  for (const item of items) {
    if (!isPiece(item)) texts.push(item)
    else if (item.text !== '') {
      const last = texts.at(-1)
      if (typeof last === 'string') texts[texts.length - 1] = last + item.text
      else texts.push(item.text)
    }
  }
  return texts
}

function isPiece<T extends object>(item: Piece | T): item is Piece {
  return 'plain' in item
}

/** `''` takes the spaces and the line end behind it. */
function withoutFirstLine(raw: string): string {
  let i = 0
  while (raw.charCodeAt(i) === 32) i++
  return raw.charCodeAt(i) === 10 ? raw.slice(i + 1) : raw
}

function pieces<T>(raw: string, into: (Piece | T)[]): void {
  let start = 0
  let i = 0
  const piece = (length: number, text: string): void => {
    if (i > start) into.push({ text: raw.slice(start, i), plain: true })
    into.push({ text, plain: false })
    i += length
    start = i
  }
  while (i < raw.length) {
    const c = raw.charCodeAt(i)
    const next = raw.charCodeAt(i + 1)
    if (c === 36 /* $ */) {
      if (next === 39 || i + 1 === raw.length) piece(1, '$')
      else i += 2
    } else if (c !== 39 /* ' */) i++
    else if (next === 39) {
      const third = raw.charAt(i + 2)
      if (third === '\\') piece(4, unescaped(raw.charAt(i + 3)))
      else piece(3, third === '$' ? '$' : "''")
    } else if (next === 36 || i + 1 === raw.length) piece(1, "'")
    else i += 2
  }
  if (start < raw.length) into.push({ text: raw.slice(start), plain: true })
}

/** The least indentation of a line that is not empty. */
function indentation<T extends object>(items: readonly (Piece | T)[]): number {
  let least = NO_INDENT
  let current = 0
  let atStart = true
  const text = (found: string): void => {
    for (let i = 0; i < found.length; i++) {
      const c = found.charCodeAt(i)
      if (c === 10) {
        atStart = true
        current = 0
      } else if (atStart && c === 32) current++
      else {
        if (atStart && current < least) least = current
        atStart = false
        i = lineEnd(found, i) - 1
      }
    }
  }
  for (const item of items) {
    if (isPiece(item) && item.plain) text(item.text)
    else if (atStart) {
      atStart = false
      if (current < least) least = current
    }
  }
  return least
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function strip<T extends object>(items: readonly (Piece | T)[], indent: number): void {
  let atStart = true
  let dropped = 0
  for (const [n, item] of items.entries()) {
    if (!isPiece(item)) {
      atStart = false
      dropped = 0
      continue
    }
    const { text } = item
    let kept = ''
    for (let i = 0; i < text.length; ) {
      if (atStart) {
        const c = text.charCodeAt(i)
        if (c === 32) {
          if (dropped++ >= indent) kept += ' '
          i++
          continue
        }
        dropped = 0
        if (c !== 10) atStart = false
      }
      const end = lineEnd(text, i)
      kept += text.slice(i, end + 1)
      if (end < text.length) atStart = true
      i = end + 1
    }
    item.text = n === items.length - 1 ? withoutLastLine(kept) : kept
  }
}

/** Without a last line of spaces only. */
function withoutLastLine(text: string): string {
  const at = text.lastIndexOf('\n')
  if (at < 0) return text
  for (let i = at + 1; i < text.length; i++) if (text.charCodeAt(i) !== 32) return text
  return text.slice(0, at + 1)
}
