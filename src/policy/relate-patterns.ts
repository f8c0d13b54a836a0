import type { BytePath } from '../byte-path.ts'
import { type ParsedPattern, type Part, parsePattern, type Token } from './parse-pattern.ts'

/** Names every file. */
export const EVERYTHING = '/**'

// Comparisons of two patterns: some seconds. What is beyond them counts as "may be".
const BUDGET = 2_000_000

/**
 * Says what can be told of two patterns of the policy without any path. "No" means that it can't be told: whoever asks
 * must be safe with that.
 */
export class PatternRelations {
  readonly #parsed = new Map<string, ParsedPattern>()
  #left = BUDGET

  /** Whether nothing more can be told, since too much was asked. */
  get spent(): boolean {
    return this.#left <= 0
  }

  /** Whether every path that `inner` names is one that `outer` names. */
  contains(outer: string, inner: string): boolean {
    if (outer === inner || outer === EVERYTHING) return true
    if (this.#left-- <= 0) return false
    const { anchored, parts } = this.#parse(outer)
    if (!anchored) return isStar(parts[0])
    const isOpen = parts.at(-1) === '**'
    const before = isOpen ? parts.slice(0, -1) : parts
    const inside = this.#parts(inner)
    if (before.includes('**') || (isOpen ? inside.length <= before.length : inside.length !== before.length))
      return false
    return before.every((part, i) => inside[i] !== '**' && (isStar(part) || samePart(part, inside[i])))
  }

  /** Whether no path is named by both. */
  disjoint(one: string, other: string): boolean {
    if (one === other || this.#left-- <= 0) return false
    const a = this.#parts(one)
    const b = this.#parts(other)
    if (!a.includes('**') && !b.includes('**') && a.length !== b.length) return true
    for (let i = 0; i < a.length && i < b.length; i++) {
      const [x, y] = [a[i], b[i]]
      if (x === undefined || y === undefined || x === '**' || y === '**') break
      if (differ(x, y)) return true
    }
    const [x, y] = [a.at(-1), b.at(-1)]
    return x !== undefined && y !== undefined && x !== '**' && y !== '**' && differ(x, y)
  }

  /** The one path that a pattern names; null where it may name several. */
  onlyPath(pattern: string): BytePath | null {
    const { anchored, parts } = this.#parse(pattern)
    if (!anchored) return null
    const names: string[] = []
    for (const part of parts) {
      if (part === '**') return null
      let name = ''
      for (const token of part) {
        if (token.kind !== 'byte') return null
        name += String.fromCharCode(token.byte)
      }
      names.push(name)
    }
    return names.join('/') as BytePath
  }

  #parts(pattern: string): readonly Part[] {
    const { anchored, parts } = this.#parse(pattern)
    return anchored ? parts : ['**', ...parts]
  }

  #parse(pattern: string): ParsedPattern {
    let parsed = this.#parsed.get(pattern)
    if (parsed === undefined) {
      parsed = parsePattern(pattern)
      this.#parsed.set(pattern, parsed)
    }
    return parsed
  }
}

function isStar(part: Part | undefined): boolean {
  return part !== undefined && part !== '**' && part.length === 1 && part[0]?.kind === 'star'
}

function samePart(one: Part, other: Part | undefined): boolean {
  if (one === '**' || other === '**' || other === undefined) return false
  return one.length === other.length && one.every((token, i) => sameToken(token, other[i] as Token))
}

function sameToken(one: Token, other: Token): boolean {
  if (one.kind === 'byte') return other.kind === 'byte' && other.byte === one.byte
  if (one.kind !== 'set') return one.kind === other.kind
  return (
    other.kind === 'set' &&
    one.bytes.size === other.bytes.size &&
    [...one.bytes].every((byte) => other.bytes.has(byte))
  )
}

/** Whether two parts begin, or end, with different bytes, or have different lengths that can't be made up for. */
function differ(one: readonly Token[], other: readonly Token[]): boolean {
  return differFrom(one, other) || differFrom([...one].reverse(), [...other].reverse())
}

function differFrom(one: readonly Token[], other: readonly Token[]): boolean {
  for (let i = 0; ; i++) {
    const [a, b] = [one[i], other[i]]
    // A star may be nothing, or anything.
    if (a?.kind === 'star' || b?.kind === 'star') return false
    if (a === undefined || b === undefined) return a !== b
    if (a.kind === 'byte' && b.kind === 'byte' && a.byte !== b.byte) return true
    if (a.kind === 'set' && b.kind === 'byte' && !a.bytes.has(b.byte)) return true
    if (b.kind === 'set' && a.kind === 'byte' && !b.bytes.has(a.byte)) return true
  }
}
