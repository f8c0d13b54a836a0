type Test = (char: string) => boolean
/** A state goes on to others for nothing (`free`), or eats a character that passes its test. */
type State =
  | { readonly kind: 'free'; readonly next: number[]; readonly only?: 'start' | 'end' }
  | { readonly kind: 'eat'; readonly test: Test; next: number }
  | { readonly kind: 'match' }
interface Part {
  readonly start: number
  readonly end: number
}

const MAX_PATTERN = 512
const MAX_DEPTH = 16
const CLASSES: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t\n\f\r ]/ }

/**
 * A regular expression whose matching takes time in proportion to the text, whatever the pattern: patterns in files
 * that somebody pushes must not be able to hang the guard, as they could in JavaScript's own. The part of Go's syntax
 * (https://pkg.go.dev/regexp/syntax) that settings of SOPS use: literals, `.`, classes, groups, `|`, `* + ?`, `^ $`,
 * and a leading `(?i)`.
 * @returns whether the pattern matches anywhere in a text; null where it has anything else in it
 */
export function linearRegex(pattern: string): ((text: string) => boolean) | null {
  if (pattern.length > MAX_PATTERN) return null
  const folded = pattern.startsWith('(?i)')
  const compiler = new Compiler([...(folded ? pattern.slice(4) : pattern)], folded)
  const start = compiler.compile()
  return start === null ? null : (text) => run(compiler.states, start, folded ? text.toLowerCase() : text)
}

class Compiler {
  readonly states: State[] = []
  readonly #chars: readonly string[]
  readonly #folded: boolean
  #at = 0

  constructor(chars: readonly string[], folded: boolean) {
    this.#chars = chars
    this.#folded = folded
  }

  compile(): number | null {
    const whole = this.#alternatives(0)
    if (whole === null || this.#at < this.#chars.length) return null
    this.#join(whole.end, this.#add({ kind: 'match' }))
    return whole.start
  }

  #add(state: State): number {
    return this.states.push(state) - 1
  }

  #free(...next: number[]): number {
    return this.#add({ kind: 'free', next })
  }

  #join(from: number, to: number): void {
    const state = this.states[from] as State
    if (state.kind === 'free') state.next.push(to)
    else if (state.kind === 'eat') state.next = to
  }

  #alternatives(depth: number): Part | null {
    if (depth > MAX_DEPTH) return null
    const start = this.#free()
    const end = this.#free()
    for (;;) {
      const part = this.#sequence(depth)
      if (part === null) return null
      this.#join(start, part.start)
      this.#join(part.end, end)
      if (this.#chars[this.#at] !== '|') return { start, end }
      this.#at++
    }
  }

  #sequence(depth: number): Part | null {
    const start = this.#free()
    let end = start
    for (;;) {
      const char = this.#chars[this.#at]
      if (char === undefined || char === '|' || char === ')') return { start, end }
      const atom = this.#atom(depth)
      const part = atom === null ? null : this.#repeated(atom)
      if (part === null) return null
      this.#join(end, part.start)
      end = part.end
    }
  }

  #repeated(atom: Part): Part | null {
    const sign = this.#chars[this.#at]
    if (sign === undefined || !'*+?{'.includes(sign)) return atom
    if (sign === '{') return null
    this.#at++
    // `*?`, `++`: laziness makes no difference here, but keep to what is plain.
    if ('*+?{'.includes(this.#chars[this.#at] ?? ' ')) return null
    const end = this.#free()
    const start = sign === '+' ? atom.start : this.#free(atom.start, end)
    this.#join(atom.end, end)
    if (sign !== '?') this.#join(end, atom.start)
    return { start, end }
  }

  #atom(depth: number): Part | null {
    const char = this.#chars[this.#at++] as string
    if (char === '^' || char === '$') {
      const state = this.#add({ kind: 'free', next: [], only: char === '^' ? 'start' : 'end' })
      return { start: state, end: state }
    }
    if (char === '(') return this.#group(depth)
    if ('*+?{}])'.includes(char)) return null
    const test = char === '.' ? (one: string) => one !== '\n' : char === '[' ? this.#class() : this.#one(char)
    if (test === null) return null
    const state = this.#add({ kind: 'eat', test, next: -1 })
    const end = this.#free()
    this.#join(state, end)
    return { start: state, end }
  }

  #group(depth: number): Part | null {
    if (this.#chars[this.#at] === '?') {
      if (this.#chars[this.#at + 1] !== ':') return null
      this.#at += 2
    }
    const part = this.#alternatives(depth + 1)
    return part === null || this.#chars[this.#at++] !== ')' ? null : part
  }

  #one(char: string): Test | null {
    if (char !== '\\') return this.#literal(char)
    const escaped = this.#chars[this.#at++]
    if (escaped === undefined) return null
    const known = CLASSES[escaped]
    if (known !== undefined) return (one) => known.test(one)
    return /[0-9A-Za-z]/.test(escaped) ? null : this.#literal(escaped)
  }

  #literal(char: string): Test {
    const wanted = this.#folded ? char.toLowerCase() : char
    return (one) => one === wanted
  }

  #class(): Test | null {
    const negated = this.#chars[this.#at] === '^'
    if (negated) this.#at++
    const tests: Test[] = []
    for (let first = true; ; first = false) {
      const char = this.#chars[this.#at++]
      // `[]` and `[[:alpha:]]` are read differently by different programs.
      if (char === undefined || char === '[' || (first && char === ']')) return null
      if (char === ']') break
      const from = this.#one(char)
      if (from === null) return null
      const to = this.#chars[this.#at + 1]
      if (this.#chars[this.#at] !== '-' || to === ']') {
        tests.push(from)
        continue
      }
      if (to === undefined || to === '\\' || to === '[' || char === '\\' || to < char) return null
      this.#at += 2
      tests.push(this.#range(char, to))
    }
    return (one) => tests.some((test) => test(one)) !== negated
  }

  #range(from: string, to: string): Test {
    const within = (one: string) => one >= from && one <= to
    return this.#folded ? (one) => within(one) || within(one.toUpperCase()) : within
  }
}

function run(states: readonly State[], start: number, text: string): boolean {
  const chars = [...text]
  let now = new Set<number>()
  for (let i = 0; i <= chars.length; i++) {
    // A match may begin anywhere.
    now.add(start)
    for (const at of now) {
      const state = states[at] as State
      if (state.kind === 'match') return true
      if (state.kind !== 'free' || (state.only === 'start' && i > 0)) continue
      if (state.only === 'end' && i < chars.length) continue
      for (const next of state.next) now.add(next)
    }
    const later = new Set<number>()
    for (const at of now) {
      const state = states[at] as State
      if (state.kind === 'eat' && i < chars.length && state.test(chars[i] as string)) later.add(state.next)
    }
    now = later
  }
  return false
}
