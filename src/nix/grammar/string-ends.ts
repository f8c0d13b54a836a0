const DOLLAR = 36
const QUOTE = 34
const APOSTROPHE = 39
const BACKSLASH = 92
const BRACE = 123

/**
 * Offset of the `"` or `${` that ends the text of a string from `at` on; the length where there is none;
 * or, of longer text, an offset from `limit` on where it can be cut.
 */
export function stringTextEnd(text: string, at: number, limit: number): number {
  let i = at
  while (i < text.length && i < limit) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) return i
    if (c === BACKSLASH) i += 2
    else if (c !== DOLLAR) i++
    else {
      const next = text.charCodeAt(i + 1)
      if (next === BRACE) return i
      // Nix takes `$` and what follows at once, so that `$${` is plain text.
      i += next === QUOTE || next === BACKSLASH ? 1 : 2
    }
  }
  return Math.min(i, text.length)
}

/** As {@link stringTextEnd}, for an indented string, which `''` or `${` ends. */
export function indentedTextEnd(text: string, at: number, limit: number): number {
  let i = at
  while (i < text.length && i < limit) {
    const c = text.charCodeAt(i)
    if (c === APOSTROPHE) {
      const step = apostrophe(text, i)
      if (step === 0) return i
      i += step
    } else if (c !== DOLLAR) i++
    else {
      const next = text.charCodeAt(i + 1)
      if (next === BRACE) return i
      i += next === APOSTROPHE ? 1 : 2
    }
  }
  return Math.min(i, text.length)
}

/** How much of the text an apostrophe takes, with what it escapes; 0 where `''` ends the string. */
function apostrophe(text: string, at: number): number {
  const next = text.charCodeAt(at + 1)
  if (next !== APOSTROPHE) return next === DOLLAR ? 1 : 2
  const third = text.charCodeAt(at + 2)
  if (third === APOSTROPHE || third === DOLLAR) return 3
  return third === BACKSLASH ? 4 : 0
}
