import { ExternalTokenizer } from '@lezer/lr'
import { MainLexer, pathTextEnd } from './main-lexer.ts'
import { indentedTextEnd, stringTextEnd } from './string-ends.ts'
import * as t from './terms.gen.ts'
import { indentedTokens, mainTokens, pathTokens, stringTokens } from './tokens.ts'

/** How often a token was read again: hardly ever in sound text, and often where recovery tries this and that. */
export interface Work {
  again: number
  /** The last offset where a token was read. */
  furthest: number
  /** Brackets that were opened and not closed. */
  open: number
}

const OPENING = new Uint8Array(256)
for (const term of [
  t.braceL,
  t.bracketL,
  t.parenL,
  t.dollarBrace,
  t.stringDollar,
  t.indentedDollar,
  t.pathDollar,
])
  OPENING[term] = 1

function count(work: Work, at: number, term: number): void {
  if (at <= work.furthest) work.again++
  else {
    work.furthest = at
    if (OPENING[term] === 1) work.open++
    else if (term === t.braceR || term === t.bracketR || term === t.parenR) work.open--
  }
}

/** How text with interpolations is read. */
interface Content {
  readonly end: (text: string, at: number, limit: number) => number
  readonly content: number
  readonly dollar: number
  readonly close: number
  /** Of what closes it. */
  readonly length: number
}

const STRING: Content = {
  end: stringTextEnd,
  content: t.StringText,
  dollar: t.stringDollar,
  close: t.stringEnd,
  length: 1,
}

const INDENTED: Content = {
  end: indentedTextEnd,
  content: t.IndentedText,
  dollar: t.indentedDollar,
  close: t.indentedEnd,
  length: 2,
}

const PATH: Content = {
  end: pathTextEnd,
  content: t.PathText,
  dollar: t.pathDollar,
  close: t.pathEnd,
  length: 0,
}

/** Longer text comes in several tokens: recovery may try it at every offset, and must not read to the end each time. */
const LONGEST = 1024

/** What a parser for one text is configured with. They read the text itself: Lezer's stream costs time. */
export function tokenizersFor(
  text: string,
  work: Work,
): { from: ExternalTokenizer; to: ExternalTokenizer }[] {
  const lexer = new MainLexer(text)
  const main = new ExternalTokenizer((input) => {
    lexer.read(input.pos)
    count(work, input.pos, lexer.term)
    if (lexer.term >= 0) input.acceptTokenTo(lexer.term, lexer.end)
  })
  const within = ({ end, content, dollar, close, length }: Content) =>
    new ExternalTokenizer((input) => {
      const at = input.pos
      const to = end(text, at, at + LONGEST)
      const isDollar = to === at && text.startsWith('${', at)
      count(work, at, isDollar ? dollar : content)
      if (to > at) input.acceptTokenTo(content, to)
      else if (isDollar) input.acceptTokenTo(dollar, at + 2)
      else if (length === 0 || at < text.length) input.acceptTokenTo(close, at + length)
    })
  return [
    { from: mainTokens, to: main },
    { from: stringTokens, to: within(STRING) },
    { from: indentedTokens, to: within(INDENTED) },
    { from: pathTokens, to: within(PATH) },
  ]
}
