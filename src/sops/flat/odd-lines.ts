import { faultAt, type SopsText } from '../document.ts'
import type { SopsKind } from '../sops-kind.ts'

const NAME = /^(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*$/
const BASE64 = /^[A-Za-z0-9+/]{16,}$/

/**
 * Refuses lines that SOPS reads as a name and a value, and that whoever wrote them did not: names are not encrypted. A
 * value over several lines, as other programs read it, would have its later lines there: `MIIC…==` is a name.
 * @param before texts in which such names stand in the clear already
 * @throws NixsecretError `refused`
 */
export function refuseOddLines(kind: SopsKind, whole: SopsText, before: readonly SopsText[]): void {
  if (kind !== 'dotenv' && kind !== 'ini') return
  const entriesOf = kind === 'dotenv' ? linesOf : valuesOf
  const known = new Set(before.flatMap(entriesOf).map(({ name }) => name))
  for (const { name, value, start } of entriesOf(whole)) {
    const refuse = (what: string) => faultAt('refused', whole.text, start, what)
    const [first = ''] = value
    // Only what is closed further on goes over several lines.
    const next = whole.text.indexOf('\n', start + 1)
    const isOpen = /["']/.test(first) && value.indexOf(first, 1) === -1 && !value.includes('\n')
    if (isOpen && next !== -1 && whole.text.indexOf(first, next) !== -1)
      throw refuse(
        'a quote that its line does not close: SOPS would leave the next line as plaintext, for a name',
      )
    const isName = kind === 'dotenv' ? NAME.test(name) : !BASE64.test(name) || value !== '='
    if (!isName && !known.has(name)) throw refuse('what SOPS would leave as plaintext, for a name')
  }
}

interface Entry {
  readonly name: string
  readonly value: string
  readonly start: number
}

function linesOf({ text }: SopsText): Entry[] {
  let at = 0
  return text.split('\n').flatMap((line) => {
    const start = at
    at += line.length + 1
    const sign = line.indexOf('=')
    if (line.startsWith('#') || sign === -1) return []
    return [{ name: line.slice(0, sign), value: line.slice(sign + 1).trim(), start }]
  })
}

/** What is within quotes for several lines is one value. */
function valuesOf({ text, slots }: SopsText): Entry[] {
  return slots
    .filter(({ value }) => value.type === 'str')
    .map(({ path, start, end }) => ({ name: path.at(-1) ?? '', value: text.slice(start, end), start }))
}
