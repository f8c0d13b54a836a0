import type { BytePath } from '../../byte-path.ts'
import type { FilterLine } from '../../git/filter-lines.ts'
import type { UnprotectedChange } from '../../policy/change.ts'

/** The lines that bear on `filter`, by `.gitattributes` file. */
export type AttributeLines = ReadonlyMap<BytePath, readonly FilterLine[]>

/**
 * What may take protection away: a line that is gone or has changed its place, or a new one that does more than protect.
 * New lines that only protect take nothing away, wherever they stand.
 */
export function attributesDifference(
  before: ReadonlyMap<BytePath, readonly string[]>,
  now: AttributeLines,
): UnprotectedChange[] {
  const changes: UnprotectedChange[] = []
  for (const file of new Set([...before.keys(), ...now.keys()])) {
    const left = [...(before.get(file) ?? [])]
    for (const { line, protects } of now.get(file) ?? []) {
      if (left[0] === line) left.shift()
      else if (!protects) changes.push({ kind: 'unprotected', file, line, gone: false, paths: [] })
    }
    for (const line of left) changes.push({ kind: 'unprotected', file, line, gone: true, paths: [] })
  }
  return changes
}
