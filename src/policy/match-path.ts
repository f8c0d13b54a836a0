import micromatch from 'micromatch'
import type { BytePath } from '../byte-path.ts'
import { type Part, parsePattern, type Token } from './parse-pattern.ts'

/** Tells whether a path is one that a pattern names. */
export type PathMatcher = (path: BytePath) => boolean

/**
 * Compiles a pattern of the policy. Semantic: that of a `.gitattributes` pattern on the path of a file; matching
 * is by bytes. Time is bounded by pattern length × path length, whatever somebody pushes.
 * @param pattern text as it stands in the policy
 * @throws NixsecretError `policy` (without file and line) for what `.gitattributes` reads otherwise than it looks
 */
export function compilePattern(pattern: string): PathMatcher {
  const { anchored, parts } = parsePattern(pattern)
  const regex = new RegExp(`^${new Source().whole(parts)}$`)
  if (anchored) return (path) => regex.test(plainPath(path))
  return (path) => regex.test(plainPath(path.slice(path.lastIndexOf('/') + 1)))
}

/**
 * Before anything reaches micromatch, every byte but letters, digits and `_` becomes a Chinese character of
 * its own, in pattern and path alike: nothing is then special to micromatch or to a regular expression,
 * no dot hides a file, and a line break is a character like any other.
 */
const PLAIN = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  return /\w/.test(char) ? char : String.fromCharCode(0x4e00 + byte)
})

let last = { path: '', plain: '' }

function plainPath(path: string): string {
  // One path is held against many patterns in a row.
  if (last.path !== path) {
    last = { path, plain: path.replace(/[^\w/]/g, (char) => PLAIN[char.charCodeAt(0)] as string) }
  }
  return last.plain
}

/** Writes one regular expression. Stars are atomic, so that it never backtracks over what a star has found. */
class Source {
  #groups = 0

  whole(parts: readonly Part[]): string {
    // Parts between "**": the first from the start, the last to the end, those between wherever they come first.
    const runs: (readonly Token[])[][] = [[]]
    for (const part of parts) {
      if (part !== '**') runs.at(-1)?.push(part)
      else if (runs.length === 1 || runs.at(-1)?.length !== 0) runs.push([])
    }
    return runs.map((run, i) => this.#run(run, i === 0, i === runs.length - 1)).join('')
  }

  #run(run: readonly (readonly Token[])[], isFirst: boolean, isLast: boolean): string {
    const parts = run.map((part) => this.#part(part))
    if (isLast) {
      if (isFirst) return parts.join('/')
      return parts.length === 0 ? '[^]+' : `(?:[^/]+/)*?${parts.join('/')}`
    }
    const source = parts.map((part) => `${part}/`).join('')
    return isFirst ? source : this.#atomic(`(?:[^/]+/)*?${source}`)
  }

  #part(tokens: readonly Token[]): string {
    const pieces: Token[][] = [[]]
    for (const token of tokens) {
      if (token.kind === 'star') pieces.push([])
      else pieces.at(-1)?.push(token)
    }
    const sources = pieces.map(pieceSource)
    const end = sources.length - 1
    return sources
      .map((source, i) => (i === 0 ? source : i === end ? `[^/]*${source}` : this.#atomic(`[^/]*?${source}`)))
      .join('')
  }

  // JavaScript has no atomic groups: a lookahead is one, and what it captured is then taken.
  #atomic(source: string): string {
    const name = `g${this.#groups++}`
    return `(?=(?<${name}>${source}))\\k<${name}>`
  }
}

/** A piece of a pattern without stars, as a regular expression of fixed length. */
function pieceSource(piece: readonly Token[]): string {
  if (piece.length === 0) return ''
  const glob = piece
    .map((token) => {
      if (token.kind === 'byte') return PLAIN[token.byte] as string
      if (token.kind === 'set') return `[${[...token.bytes].map((byte) => PLAIN[byte]).join('')}]`
      return '?'
    })
    .join('')
  return micromatch.makeRe(glob, {
    contains: true,
    dot: true,
    fastpaths: false,
    literalBrackets: false,
    strictSlashes: true,
    noextglob: true,
    noglobstar: true,
    nonegate: true,
  }).source
}
