import type { BytePath } from '../byte-path.ts'
import { type ParsedPattern, type Part, parsePattern, type Token } from './parse-pattern.ts'

/** Names every file. */
export const EVERYTHING = '/**'

// Tokens that are looked at, and some for each comparison: about a second. What is beyond them counts as "may be".
const BUDGET = 20_000_000
const COMPARISON = 8
// Characters of patterns that are known at once.
const MOST_KNOWN = 1 << 20
/** For as many policies as a history has: about ten seconds. */
export const HISTORY_BUDGET = 10 * BUDGET

/** A pattern, as often as it is asked for. */
interface Known extends ParsedPattern {
  /** Its parts from the top. */
  readonly whole: readonly Part[]
  /** Whether one of those is `**`. */
  readonly isDeep: boolean
}

/**
 * Says what can be told of two patterns of the policy without any path. "No" means that it can't be told: whoever asks
 * must be safe with that. What it can look at is bounded, however many patterns and whoever asks: share one for all that
 * belongs together.
 */
export class PatternRelations {
  #parsed = new Map<string, Known>()
  #size = 0
  #left: number

  /** @param budget how many tokens are looked at, with a few for each comparison */
  constructor(budget = BUDGET) {
    this.#left = budget
  }

  /** Whether nothing more can be told, since too much was asked. */
  get spent(): boolean {
    return this.#left <= 0
  }

  /** Counts other work that belongs to the same, such as policies that are read for it. */
  charge(tokens: number): void {
    this.#left -= tokens
  }

  /** Whether every path that `inner` names is one that `outer` names. */
  contains(outer: string, inner: string): boolean {
    if (outer === inner || outer === EVERYTHING) return true
    if (this.#spend(COMPARISON)) return false
    const { anchored, parts } = this.#parse(outer)
    if (!anchored) return isStar(parts[0])
    const isOpen = parts.at(-1) === '**'
    const length = isOpen ? parts.length - 1 : parts.length
    const inside = this.#parse(inner).whole
    if (isOpen ? inside.length <= length : inside.length !== length) return false
    for (let i = 0; i < length; i++) {
      const [part, other] = [parts[i], inside[i]]
      if (part === undefined || other === undefined || part === '**' || other === '**') return false
      if (!isStar(part) && !this.#same(part, other)) return false
    }
    return true
  }

  /** Whether no path is named by both. */
  disjoint(one: string, other: string): boolean {
    if (one === other || this.#spend(COMPARISON)) return false
    const { whole: a, isDeep } = this.#parse(one)
    const { whole: b, isDeep: isOtherDeep } = this.#parse(other)
    if (!isDeep && !isOtherDeep && a.length !== b.length) return true
    for (let i = 0; i < a.length && i < b.length; i++) {
      const [x, y] = [a[i], b[i]]
      if (x === undefined || y === undefined || x === '**' || y === '**') break
      if (this.#differ(x, y)) return true
    }
    const [x, y] = [a.at(-1), b.at(-1)]
    return x !== undefined && y !== undefined && x !== '**' && y !== '**' && this.#differ(x, y)
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

  /** @returns whether there was nothing left before */
  #spend(tokens: number): boolean {
    const isSpent = this.spent
    this.#left -= tokens
    return isSpent
  }

  #parse(pattern: string): Known {
    let known = this.#parsed.get(pattern)
    if (known === undefined) {
      // Taking it apart costs much more than a look at what it then is.
      this.#spend(COMPARISON * pattern.length)
      const parsed = parsePattern(pattern)
      const whole: readonly Part[] = parsed.anchored ? parsed.parts : ['**', ...parsed.parts]
      known = { ...parsed, whole, isDeep: whole.includes('**') }
      this.#size += pattern.length
      if (this.#size > MOST_KNOWN) {
        this.#parsed = new Map()
        this.#size = pattern.length
      }
      this.#parsed.set(pattern, known)
    }
    return known
  }

  #same(one: readonly Token[], other: readonly Token[]): boolean {
    if (one.length !== other.length) return false
    return one.every((token, i) => {
      this.#spend(token.kind === 'set' ? token.bytes.size : 1)
      return sameToken(token, other[i] as Token)
    })
  }

  /** Whether two parts begin, or end, with different bytes, or have different lengths that can't be made up for. */
  #differ(one: readonly Token[], other: readonly Token[]): boolean {
    return this.#differFrom(one, other, false) || this.#differFrom(one, other, true)
  }

  #differFrom(one: readonly Token[], other: readonly Token[], fromEnd: boolean): boolean {
    for (let i = 0; ; i++) {
      this.#left--
      const a = fromEnd ? one[one.length - 1 - i] : one[i]
      const b = fromEnd ? other[other.length - 1 - i] : other[i]
      // A star may be nothing, or anything.
      if (a?.kind === 'star' || b?.kind === 'star') return false
      if (a === undefined || b === undefined) return a !== b
      if (a.kind === 'byte' && b.kind === 'byte' && a.byte !== b.byte) return true
      if (a.kind === 'set' && b.kind === 'byte' && !a.bytes.has(b.byte)) return true
      if (b.kind === 'set' && a.kind === 'byte' && !b.bytes.has(a.byte)) return true
    }
  }
}

function isStar(part: Part | undefined): boolean {
  return part !== undefined && part !== '**' && part.length === 1 && part[0]?.kind === 'star'
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
