import { BLANK, DIGIT, ID, isAt, LETTER, PATH, skip, URI } from './chars.ts'
import { indentedTextEnd, stringTextEnd } from './string-ends.ts'
import * as t from './terms.gen.ts'
import { wordToken } from './word-token.ts'

const SINGLE = new Uint8Array(128)
for (const [char, term] of [
  ['}', t.braceR],
  ['{', t.braceL],
  ['[', t.bracketL],
  [']', t.bracketR],
  ['(', t.parenL],
  [')', t.parenR],
  [',', t.comma],
  [';', t.semicolon],
  [':', t.colon],
  ['@', t.at],
  ['?', t.question],
] as const)
  SINGLE[char.charCodeAt(0)] = term

const DOUBLE = new Map<string, number>([
  ['==', t.Equal],
  ['!=', t.NotEqual],
  ['<=', t.LessEqual],
  ['>=', t.GreaterEqual],
  ['&&', t.AndAnd],
  ['||', t.OrOr],
  ['->', t.Implies],
  ['//', t.Update],
  ['++', t.Concat],
  ['<|', t.PipeInto],
  ['|>', t.PipeFrom],
  ['${', t.dollarBrace],
])

const OPERATOR = new Map<string, number>([
  ['=', t.assign],
  ['<', t.Less],
  ['>', t.Greater],
  ['!', t.Not],
  ['+', t.Add],
  ['-', t.Sub],
  ['*', t.Mul],
  ['/', t.Div],
  ['.', t.dot],
])

const NONE = -1

/** Reads the tokens outside of strings, by the rules of Nix's lexer: the longest match wins. */
export class MainLexer {
  /** The token read last; -1 for none. */
  term = NONE
  /** Where it ends. */
  end = 0
  readonly #text: string
  // The run of path characters looked at last, so that `a.a.a.…` is not looked through from every `a`.
  #runEnd = 0
  #runUnderscore = -1
  #lastCommentEnd = -1

  constructor(text: string) {
    this.#text = text
  }

  /** Reads what starts at an offset into `term` and `end`. */
  read(at: number): void {
    const text = this.#text
    this.term = NONE
    if (at >= text.length) return
    const c = text.charCodeAt(at)
    const single = SINGLE[c]
    const blank = this.#blankEnd(at)
    if (single !== undefined && single !== 0) this.#found(single, at + 1)
    else if (blank > at) this.#found(t.blank, blank)
    else if (c === 34 /* " */) this.#string(at)
    else if (c === 39 /* ' */) this.#indented(at)
    else this.#wordOrOperator(at, c)
  }

  #wordOrOperator(at: number, c: number): void {
    const text = this.#text
    const slash = isAt(text, at, PATH) || c === 47 /* / */ || c === 126 /* ~ */ ? this.#pathStart(at) : NONE
    if (slash >= 0) this.#path(slash)
    else if (isAt(text, at, LETTER) || c === 95 /* _ */) this.#word(at)
    else if (isAt(text, at, DIGIT) || (c === 46 /* . */ && isAt(text, at + 1, DIGIT))) this.#number(at)
    else this.#operator(at, c)
  }

  #found(term: number, end: number): void {
    this.term = term
    this.end = end
  }

  /** Where white space and comments end. */
  #blankEnd(at: number): number {
    const text = this.#text
    let i = at
    if (at === 0 && text.startsWith('\xef\xbb\xbf')) i = 3
    for (;;) {
      i = skip(text, i, BLANK)
      const c = text.charCodeAt(i)
      if (c === 35 /* # */) {
        while (i < text.length && text.charCodeAt(i) !== 10 && text.charCodeAt(i) !== 13) i++
      } else if (c === 47 /* / */ && text.charCodeAt(i + 1) === 42 /* * */) {
        if (this.#lastCommentEnd === -1) this.#lastCommentEnd = text.lastIndexOf('*/')
        if (this.#lastCommentEnd < i + 2) return i
        i = text.indexOf('*/', i + 2) + 2
      } else return i
    }
  }

  #string(at: number): void {
    const text = this.#text
    const end = stringTextEnd(text, at + 1, text.length)
    const whole = text.charCodeAt(end) === 34
    this.#found(whole ? t.PlainString : t.StringStart, whole ? end + 1 : end)
  }

  #indented(at: number): void {
    const text = this.#text
    if (text.charCodeAt(at + 1) !== 39) return
    const end = indentedTextEnd(text, at + 2, text.length)
    const whole = text.charCodeAt(end) === 39
    this.#found(whole ? t.PlainIndented : t.IndentedStart, whole ? end + 2 : end)
  }

  /** Offset of the first slash of a path that starts here; -1 where none does. */
  #pathStart(at: number): number {
    const text = this.#text
    let slash = at
    if (text.charCodeAt(at) === 126) slash = at + 1
    else if (text.charCodeAt(at) !== 47) {
      if (at >= this.#runEnd) this.#lookAtRun(at)
      slash = this.#runEnd
    }
    if (text.charCodeAt(slash) !== 47) return NONE
    return isAt(text, slash + 1, PATH) || text.startsWith('${', slash + 1) ? slash : NONE
  }

  #lookAtRun(at: number): void {
    const text = this.#text
    let end = at
    for (; isAt(text, end, PATH); end++) if (text.charCodeAt(end) === 95 /* _ */) this.#runUnderscore = end
    this.#runEnd = end
  }

  #path(slash: number): void {
    const text = this.#text
    let end = pathTextEnd(text, slash, text.length)
    const more = text.startsWith('${', end)
    // `./a//{ }` is no Nix; but an update is likelier meant than a path with an end like that.
    if (!more && text.startsWith('//', end - 2)) end -= 2
    this.#found(more ? t.PathStart : t.Path, end)
  }

  #word(at: number): void {
    const text = this.#text
    const end = skip(text, at + 1, ID)
    const run = this.#runEnd
    if (text.charCodeAt(run) === 58 && at > this.#runUnderscore && isAt(text, run + 1, URI) && run > at)
      this.#found(t.Uri, skip(text, run + 1, URI))
    else this.#found(wordToken(text, at, end), end)
  }

  #number(at: number): void {
    const text = this.#text
    const whole = skip(text, at, DIGIT)
    const fraction = skip(text, whole + 1, DIGIT)
    // `1.` and `0.5` are floats; `0.` and `00.5` are none.
    const zero = text.charCodeAt(at) === 48
    const float = text.charCodeAt(whole) === 46 && !(zero && (whole > at + 1 || fraction === whole + 1))
    this.#found(t.Number, float ? this.#exponentEnd(fraction) : whole)
  }

  #exponentEnd(at: number): number {
    const e = this.#text.charCodeAt(at)
    if (e !== 101 && e !== 69) return at
    const sign = this.#text.charCodeAt(at + 1)
    const digits = at + (sign === 43 || sign === 45 ? 2 : 1)
    return isAt(this.#text, digits, DIGIT) ? skip(this.#text, digits, DIGIT) : at
  }

  #operator(at: number, c: number): void {
    const text = this.#text
    const search = c === 60 /* < */ ? searchPathEnd(text, at) : 0
    const two = DOUBLE.get(text.slice(at, at + 2))
    const one = OPERATOR.get(text.charAt(at))
    if (search > 0) this.#found(t.SearchPath, search)
    else if (text.startsWith('...', at)) this.#found(t.ellipsis, at + 3)
    else if (two !== undefined) this.#found(two, at + 2)
    else if (one !== undefined) this.#found(one, at + 1)
  }
}

/** Where the text of a path ends that has its first slash before: at `${`, or behind it; or anywhere from `limit` on. */
export function pathTextEnd(text: string, at: number, limit: number): number {
  let i = at
  while (i < limit && (isAt(text, i, PATH) || text.charCodeAt(i) === 47) /* / */) i++
  return i
}

/** Where `<a/b>` ends; 0 for what is none. */
function searchPathEnd(text: string, at: number): number {
  let i = at
  do {
    const end = skip(text, i + 1, PATH)
    if (end === i + 1) return 0
    i = end
  } while (text.charCodeAt(i) === 47)
  return text.charCodeAt(i) === 62 /* > */ ? i + 1 : 0
}
