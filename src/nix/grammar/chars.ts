/** Classes of characters in Nix's lexer (https://github.com/NixOS/nix/blob/master/src/libexpr/lexer.l), as bits. */
export const BLANK = 1
export const LETTER = 2
export const DIGIT = 4
/** Goes on an identifier. */
export const ID = 8
/** `PATH_CHAR` */
export const PATH = 16
/** Behind the colon of a URI. */
export const URI = 32

const CLASSES = new Uint8Array(256)

function mark(bit: number, chars: string): void {
  for (let i = 0; i < chars.length; i++) {
    const code = chars.charCodeAt(i)
    CLASSES[code] = (CLASSES[code] ?? 0) | bit
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DIGITS = '0123456789'
mark(BLANK, ' \t\r\n')
mark(LETTER, LETTERS)
mark(DIGIT, DIGITS)
mark(ID, `${LETTERS}${DIGITS}_'-`)
mark(PATH, `${LETTERS}${DIGITS}._-+`)
mark(URI, `${LETTERS}${DIGITS}%/?:@&=+$,-_.!~*'`)

/** Whether the character at an offset is of a class; false behind the end. */
export function isAt(text: string, at: number, bit: number): boolean {
  return at < text.length && ((CLASSES[text.charCodeAt(at)] ?? 0) & bit) !== 0
}

/** The offset of the first character from `at` on that is not of a class. */
export function skip(text: string, at: number, bit: number): number {
  let i = at
  while (i < text.length && ((CLASSES[text.charCodeAt(i)] ?? 0) & bit) !== 0) i++
  return i
}
