import { unquoted } from './read-json.ts'

/** The scalar in quotes with which a text begins. */
export function readQuoted(text: string): { text: string; length: number } | null {
  const single = /^'((?:[^']|'')*)'(?!')/.exec(text)
  if (single !== null) return { text: (single[1] as string).replaceAll("''", "'"), length: single[0].length }
  const double = /^"(?:[^"\\]|\\.)*"/.exec(text)
  if (double === null) return null
  // Escapes that YAML has and JSON has not make no difference to what is asked here.
  return { text: unquoted(double[0]) ?? double[0], length: double[0].length }
}
