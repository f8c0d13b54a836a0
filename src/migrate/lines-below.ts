/** A line of an attributes file that names a filter of another tool. */
export interface ForeignLine {
  /** From 1. */
  readonly line: number
  /** As written. */
  readonly text: string
}

/** An attributes file with our lines below those of another tool. */
export interface LinesBelow {
  readonly after: string
  readonly added: readonly string[]
  readonly foreign: readonly ForeignLine[]
}

/**
 * Puts a line of ours directly below each line that names one of these filters, itself or by a macro, unless it is there
 * already. Lines that follow, as exceptions do, go on to hold.
 * @param filters values of the attribute `filter`
 * @param rest the attributes of our line
 * @see https://git-scm.com/docs/gitattributes
 */
export function linesBelow(text: string, filters: readonly string[], rest: string): LinesBelow {
  const lines = text.split('\n')
  const telling = new Set(filters.map((filter) => `filter=${filter}`))
  // Macros may build on each other, each below those that it names.
  for (const line of lines) {
    const { pattern, attributes } = wordsOf(line)
    if (pattern.startsWith('[attr]') && attributes.some((word) => telling.has(word)))
      telling.add(pattern.slice(6))
  }
  const after: string[] = []
  const added: string[] = []
  const foreign: ForeignLine[] = []
  for (const [i, line] of lines.entries()) {
    after.push(line)
    const { pattern, attributes } = wordsOf(line)
    if (!attributes.some((word) => telling.has(word))) {
      const rest = added.length > 0 ? leftOver(attributes) : []
      if (rest.length > 0) after.push(`${pattern} ${rest.join(' ')}`)
      continue
    }
    foreign.push({ line: i + 1, text: line.trim() })
    const ours = `${pattern} ${rest}`
    if (pattern.startsWith('[attr]') || lines.slice(i + 1).some((other) => other.trim() === ours)) continue
    after.push(ours)
    added.push(ours)
  }
  const end = added.length > 0 && lines.at(-1) !== '' ? '\n' : ''
  return { after: after.join('\n') + end, added, foreign }
}

/**
 * What a line that ends the filter for some paths, as exceptions do, leaves of ours: it knew nothing of `merge` and
 * `text`.
 */
function leftOver(attributes: readonly string[]): string[] {
  const names = new Set(attributes.map((word) => word.replace(/^[-!]/, '').replace(/=.*/, '')))
  const isOurs = attributes.some((word) => /^filter=nixsecret(-sealed)?$/.test(word))
  if (!names.has('filter') || isOurs) return []
  return ['diff', 'merge', 'text'].filter((name) => !names.has(name)).map((name) => `!${name}`)
}

function wordsOf(line: string): { pattern: string; attributes: string[] } {
  const found = /^[ \t\r]*("(?:[^"\\]|\\.)*"|[^\s#"]\S*)((?:\s.*)?)$/.exec(line)
  const [, pattern = '', rest = ''] = found ?? []
  return { pattern, attributes: rest.split(/\s+/).filter((word) => word !== '') }
}
