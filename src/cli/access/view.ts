import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type Column, foldReaders } from '../../secret/access/fold-readers.ts'
import type { AccessMatrix, SecretRow } from '../../secret/access/matrix.ts'
import { type AccessSummary, summarize } from '../../secret/access/summary.ts'
import { closest } from '../closest.ts'

/** What a format is to show. */
export interface AccessView {
  readonly matrix: AccessMatrix
  readonly columns: readonly Column[]
  /** Secrets that are wanted. */
  readonly rows: readonly SecretRow[]
  /** Of these rows. */
  readonly summary: AccessSummary
  /** Indexes of the readers that were asked for; null: all. */
  readonly only: ReadonlySet<number> | null
}

/**
 * Of a matrix what was asked for.
 * @param names recipients and `@groups`; none: everybody
 * @throws NixsecretError `usage` for a name that nobody has
 */
export function viewOf(whole: AccessMatrix, names: readonly string[]): AccessView {
  const only = names.length === 0 ? null : new Set(names.flatMap((name) => readersNamed(whole, name)))
  const concerns = ({ cells, gained, lost }: SecretRow) =>
    only === null ||
    cells.some((cell, i) => cell !== 'none' && only.has(i)) ||
    [...gained, ...lost].some((i) => only.has(i))
  const rows = whole.secrets.filter(concerns)
  const matrix = { ...whole, secrets: rows }
  return { matrix, columns: foldReaders(matrix, only), rows, summary: summarize(matrix), only }
}

function readersNamed({ readers, groups }: AccessMatrix, name: string): readonly number[] {
  if (name.startsWith('@')) {
    const members = groups.get(name.slice(1))
    if (members !== undefined) return members
  }
  const found = readers.flatMap((reader, i) =>
    reader.names.includes(name) || reader.label === name || reader.key === name ? [i] : [],
  )
  if (found.length > 0) return found
  const all = [
    ...readers.flatMap((reader) => reader.names),
    ...[...groups.keys()].map((group) => `@${group}`),
  ]
  const near = closest(name, all)
  const guess = near === null ? '' : `; did you mean ${displayText(near)}?`
  throw new NixsecretError('usage', `no recipient is called ${displayText(name)}${guess}`, {
    hints: ['git nixsecret recipient list'],
  })
}
