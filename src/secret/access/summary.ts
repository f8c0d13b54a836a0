import { type AccessMatrix, ATTENTION, type SecretChange } from './matrix.ts'

/** What somebody gained or lost. */
export interface ReaderDelta {
  /** Index of the reader. */
  readonly reader: number
  /** How many secrets that were there before and still are. */
  readonly secrets: number
}

/** A matrix in a few numbers. */
export interface AccessSummary {
  readonly secrets: number
  /** How many keys the policy lets read at least one of them. */
  readonly readers: number
  /** Secrets in a state that somebody should do something about. */
  readonly attention: number
  /** Secrets that somebody can still read whom the policy does not name. */
  readonly former: number
  readonly gained: readonly ReaderDelta[]
  readonly lost: readonly ReaderDelta[]
  readonly changes: ReadonlyMap<NonNullable<SecretChange>, number>
  /** Names that stand for another key than before: index of the reader then and now. */
  readonly otherKeys: readonly { readonly name: string; readonly then: number; readonly now: number }[]
}

/** Counts. */
export function summarize(matrix: AccessMatrix): AccessSummary {
  const { secrets } = matrix
  const here = secrets.filter(({ change }) => change !== 'gone' && change !== 'unprotected')
  const reads = new Set<number>()
  for (const { cells } of here)
    for (const [i, cell] of cells.entries()) if (cell !== 'none' && cell !== 'former') reads.add(i)
  const changes = new Map<NonNullable<SecretChange>, number>()
  for (const { change } of secrets) if (change !== null) changes.set(change, (changes.get(change) ?? 0) + 1)
  const kept = secrets.filter(({ change }) => change === 'readers' || change === 'moved')
  return {
    secrets: here.length,
    readers: reads.size,
    attention: secrets.filter(({ state }) => ATTENTION.has(state)).length,
    former: here.filter(({ cells }) => cells.includes('former')).length,
    gained: countOf(kept.map(({ gained }) => gained)),
    lost: countOf(kept.map(({ lost }) => lost)),
    changes,
    otherKeys: otherKeys(matrix),
  }
}

function countOf(lists: readonly (readonly number[])[]): ReaderDelta[] {
  const counts = new Map<number, number>()
  for (const reader of lists.flat()) counts.set(reader, (counts.get(reader) ?? 0) + 1)
  return [...counts].map(([reader, secrets]) => ({ reader, secrets })).sort((a, b) => a.reader - b.reader)
}

/** Who lost something under a name under which another key reads now: the same name is not the same reader. */
function otherKeys({ readers, secrets }: AccessMatrix): AccessSummary['otherKeys'] {
  const lost = new Set(secrets.flatMap((secret) => secret.lost))
  const gained = new Set(secrets.flatMap((secret) => secret.gained))
  return [...lost].flatMap((then) => {
    const old = readers[then]
    if (old === undefined || old.current) return []
    return [...gained].flatMap((now) => {
      const name = readers[now]?.names.find((candidate) => old.names.includes(candidate))
      return name === undefined || name === old.key ? [] : [{ name, then, now }]
    })
  })
}
