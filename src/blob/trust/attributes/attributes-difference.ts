import type { BytePath } from '../../../byte-path.ts'
import { type FilterLine, filterWords, isMacro } from '../../../git/filter-lines.ts'
import type { UnprotectedChange } from '../../../policy/change.ts'
import { PatternRelations } from '../../../policy/relate-patterns.ts'
import { laysOpen, SealedLines } from './sealed-lines.ts'

/** The lines that bear on `filter`, by `.gitattributes` file. */
export type AttributeLines = ReadonlyMap<BytePath, readonly FilterLine[]>

/**
 * What may take protection away: a line that is gone or has changed its place, or a new one that does more than protect;
 * and a new one that lays open in the work tree what was sealed there. New lines that only protect take nothing away
 * otherwise, wherever they stand; nor do lines of other filters that are gone.
 * @param relations one for all that belongs together
 */
export function attributesDifference(
  before: ReadonlyMap<BytePath, readonly string[]>,
  now: AttributeLines,
  relations = new PatternRelations(),
): UnprotectedChange[] {
  const changes: UnprotectedChange[] = []
  const sealed = new SealedLines(before, relations)
  const hasMacros = [...before.values()].some((lines) => lines.some(isMacro))
  for (const file of new Set([...before.keys(), ...now.keys()])) {
    const had = before.get(file) ?? []
    const lines = now.get(file) ?? []
    const left = new Set(lines.map(({ line }) => line))
    const gone: string[] = []
    let kept = 0
    const fresh: { line: FilterLine; kept: number }[] = []
    for (const line of lines) {
      for (; kept < had.length && !left.has(had[kept] as string); kept++) gone.push(had[kept] as string)
      if (had[kept] === line.line) kept++
      else fresh.push({ line, kept })
    }
    for (const { line, kept: above } of fresh) {
      const gain = (opens: UnprotectedChange['opens']) =>
        changes.push({ kind: 'unprotected', opens, file, line: line.line, gone: false, paths: [] })
      if (!line.protects) gain('git')
      // Those that stand below it still have the last word.
      else if (laysOpen(line.line) && sealed.meets(line.line, file, { from: above, to: kept }))
        gain('work tree')
    }
    for (const line of [...gone, ...had.slice(kept)])
      if (hasMacros || mayProtect(line))
        changes.push({ kind: 'unprotected', opens: 'git', file, line, gone: true, paths: [] })
  }
  return changes
}

/** Whether a line may have protected something; where there are macros, any may. */
function mayProtect(line: string): boolean {
  const words = filterWords(line)
  return words.length === 0 || line.includes('\0') || words.some((word) => DRIVERS.has(word))
}

const DRIVERS: ReadonlySet<string> = new Set(['filter=nixsecret', 'filter=nixsecret-sealed'])
