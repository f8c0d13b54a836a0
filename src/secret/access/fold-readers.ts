import type { AccessMatrix } from './matrix.ts'

/** One column: a reader, or a group whose members all stand the same to every secret. */
export interface Column {
  /** `@NAME` of a group. */
  readonly label: string
  /** Name of the group, or null. */
  readonly group: string | null
  /** Indexes of readers. Of a group two at least, else one. */
  readonly members: readonly number[]
}

/**
 * Columns for those readers who read something, or did: groups whose members all stand the same to every secret as
 * one, the largest first; each reader once.
 * @param only indexes of readers that are wanted; null for all
 */
export function foldReaders(matrix: AccessMatrix, only: ReadonlySet<number> | null = null): Column[] {
  const signatures = signaturesOf(matrix)
  const shown = (reader: number) => signatures[reader] !== null && (only === null || only.has(reader))
  const taken = new Set<number>()
  const columns: Column[] = []
  const bySize = [...matrix.groups].sort(([, a], [, b]) => b.length - a.length)
  for (const [group, members] of bySize) {
    const [first] = members
    if (first === undefined || members.length < 2) continue
    const same = members.every(
      (member) => shown(member) && !taken.has(member) && signatures[member] === signatures[first],
    )
    if (!same) continue
    for (const member of members) taken.add(member)
    columns.push({ label: `@${group}`, group, members })
  }
  for (const [i, { label }] of matrix.readers.entries())
    if (shown(i) && !taken.has(i)) columns.push({ label, group: null, members: [i] })
  // As the policy has them, whoever is in no policy last.
  const place = ({ members: [first = 0] }: Column) =>
    first + (matrix.readers[first]?.current ? 0 : matrix.readers.length)
  return columns.sort((a, b) => place(a) - place(b))
}

/** How each reader stands to all secrets, in one string; null where to none. */
function signaturesOf({ readers, secrets }: AccessMatrix): (string | null)[] {
  const letters: string[][] = readers.map(() => [])
  const any = readers.map(() => false)
  for (const { cells, gained, lost } of secrets) {
    const delta = new Map([...gained.map((i) => [i, '+'] as const), ...lost.map((i) => [i, '-'] as const)])
    for (const [i, cell] of cells.entries()) {
      letters[i]?.push(cell.charAt(0), delta.get(i) ?? '')
      if (cell !== 'none' || delta.has(i)) any[i] = true
    }
  }
  return letters.map((found, i) => (any[i] ? found.join('') : null))
}
