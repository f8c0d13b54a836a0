import { type Fingerprint, fingerprintOf, keyOf, type Silenceable } from './fingerprint.ts'

/** The file, at the top of the repository, committed. */
export const BASELINE_FILE = 'nixsecret-baseline.json'

/** A line of the baseline: findings that were there when the repository began to be checked. */
export interface BaselineEntry extends Fingerprint {
  /** How many of them one version of the file may have; 1 for a whole file. */
  readonly count: number
}

/** Known findings, by what they are about and not by line. */
export class Baseline {
  readonly entries: readonly BaselineEntry[]
  readonly #counts: ReadonlyMap<string, number>

  /** @param entries no fingerprint twice */
  constructor(entries: readonly BaselineEntry[]) {
    this.entries = entries
    this.#counts = new Map(entries.map((entry) => [keyOf(entry), entry.count]))
  }

  /**
   * Whether findings of one fingerprint were known. Where a file has more than were known, none is: nobody can tell
   * which of them is new.
   * @param count how many there are now
   */
  has(fingerprint: Fingerprint, count: number): boolean {
    const known = this.#counts.get(keyOf(fingerprint)) ?? 0
    return fingerprint.about === 'blob' ? known > 0 : known >= count
  }
}

/**
 * A baseline of these findings.
 * @param checks the findings of each check by itself: two that look at the same files must not count twice
 * @returns also how many it cannot hold: the id of a version that is in no commit yet would confirm a guess of its
 *   content long after it was mended
 */
export function baselineOf(checks: readonly (readonly Silenceable[])[]): {
  baseline: Baseline
  skipped: number
} {
  const entries = new Map<string, BaselineEntry>()
  const skipped = new Set<string>()
  for (const raised of checks) {
    const counts = new Map<string, number>()
    for (const one of raised) {
      const fingerprint = fingerprintOf(one)
      const key = keyOf(fingerprint)
      if (fingerprint.about === 'blob') {
        if (one.entry.commit === null && one.entry.origin !== 'kept') skipped.add(key)
        else entries.set(key, { ...fingerprint, count: 1 })
        continue
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      entries.set(key, { ...fingerprint, count: Math.max(count, entries.get(key)?.count ?? 0) })
    }
  }
  const sorted = [...entries.values()].sort(
    (a, b) => order(a.path, b.path) || order(a.rule, b.rule) || order(a.value, b.value),
  )
  return {
    baseline: new Baseline(sorted),
    skipped: [...skipped].filter((key) => !entries.has(key)).length,
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
