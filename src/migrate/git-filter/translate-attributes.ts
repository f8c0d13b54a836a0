import { attributesText } from './attributes-text.ts'

/** What the lines of another filter become. */
export interface Translation {
  /** Lines to put below all others of the same file; one character a byte. */
  readonly lines: readonly string[]
  /** Numbers of the old lines that name the other filter. */
  readonly old: readonly number[]
}

const OURS = 'filter=nixsecret diff=nixsecret merge=nixsecret -text'
/** Attributes that a line of ours sets, and an exception to it must take back. */
const TAKE_BACK = ['filter', 'diff', 'merge', 'text']

/**
 * Says with lines of ours what a `.gitattributes` file says of another filter. In git the last line that matches
 * counts, so behind the first line of that filter every line that says anything of `filter` is repeated in its order:
 * the other filter's as ours, exceptions as they are, with what our line sets beside `filter` taken back.
 * @param text of the file, one character a byte
 * @param owns whether a value of `filter` is the other filter
 * @param macros names of `[attr]` macros of the top file, and what each does to `filter`, see {@link filterMacros}
 */
export function translateAttributes(
  text: string,
  owns: (filter: string) => boolean,
  macros: ReadonlyMap<string, FilterWord>,
): Translation {
  const lines: string[] = []
  const old: number[] = []
  for (const { number, pattern, words } of attributesText(text)) {
    const effect = effectOf(words, owns, macros)
    if (pattern.startsWith('[attr]')) {
      if (effect === 'owned') old.push(number)
      continue
    }
    if (effect === 'owned') {
      old.push(number)
      lines.push(`${pattern} ${OURS}`)
    } else if (effect === 'other' && lines.length > 0) {
      const kept = words.filter((word) => !owned(word, owns, macros))
      const named = new Set(kept.map((word) => word.replace(/^[-!]/, '').replace(/=.*$/, '')))
      const back = TAKE_BACK.filter((name) => !named.has(name)).map((name) => `!${name}`)
      lines.push([pattern, ...back, ...kept].join(' '))
    }
  }
  return { lines, old }
}

/** What a line, or a macro, does to the `filter` attribute: makes it the other tool's, or something else. */
export type FilterWord = 'owned' | 'other'

/** The macros that set `filter`; git reads them in the top file only. */
export function filterMacros(text: string, owns: (filter: string) => boolean): Map<string, FilterWord> {
  const macros = new Map<string, FilterWord>()
  for (const { pattern, words } of attributesText(text)) {
    if (!pattern.startsWith('[attr]')) continue
    const effect = effectOf(words, owns, macros)
    if (effect !== null) macros.set(pattern.slice('[attr]'.length), effect)
  }
  return macros
}

/** The last word counts. */
function effectOf(
  words: readonly string[],
  owns: (filter: string) => boolean,
  macros: ReadonlyMap<string, FilterWord>,
): FilterWord | null {
  let effect: FilterWord | null = null
  for (const word of words) {
    const [, sign = '', name = '', value] = /^([-!]?)([^=]*)(?:=(.*))?$/.exec(word) ?? []
    if (name === 'filter') effect = sign === '' && value !== undefined && owns(value) ? 'owned' : 'other'
    else if (macros.has(name)) effect = sign === '' ? (macros.get(name) as FilterWord) : 'other'
  }
  return effect
}

function owned(
  word: string,
  owns: (filter: string) => boolean,
  macros: ReadonlyMap<string, FilterWord>,
): boolean {
  return effectOf([word], owns, macros) === 'owned'
}
