import {
  assertWord,
  elseWord,
  Identifier,
  ifWord,
  inheritWord,
  inWord,
  letWord,
  Or,
  recWord,
  thenWord,
  withWord,
} from './terms.gen.ts'

/** The token of the word from `from` to `to`: a keyword, or an identifier. */
export function wordToken(text: string, from: number, to: number): number {
  switch (to - from) {
    case 2:
      if (text.startsWith('if', from)) return ifWord
      if (text.startsWith('in', from)) return inWord
      return text.startsWith('or', from) ? Or : Identifier
    case 3:
      if (text.startsWith('let', from)) return letWord
      return text.startsWith('rec', from) ? recWord : Identifier
    case 4:
      if (text.startsWith('then', from)) return thenWord
      if (text.startsWith('else', from)) return elseWord
      return text.startsWith('with', from) ? withWord : Identifier
    case 6:
      return text.startsWith('assert', from) ? assertWord : Identifier
    case 7:
      return text.startsWith('inherit', from) ? inheritWord : Identifier
    default:
      return Identifier
  }
}
