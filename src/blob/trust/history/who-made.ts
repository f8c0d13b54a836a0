import { type CommitFacts, commitFacts } from '../../../git/commit-facts.ts'
import type { Change } from '../../../policy/change.ts'
import type { PatternRelations } from '../../../policy/relate-patterns.ts'
import type { Accepted } from '../accepted.ts'
import type { Present } from '../present.ts'
import { Makers } from './makers.ts'
import { PolicyHistory } from './policy-history.ts'
import { tipsHere } from './tips-here.ts'

/** Where a change comes from. */
export interface Made {
  /** The newest first. */
  readonly commits: readonly CommitFacts[]
  /** How many more there are. */
  readonly more: number
  /** Whether it is in no commit yet. Neither that nor a commit: it can't be told, as where history was rewritten. */
  readonly uncommitted: boolean
  /** Whether earlier commits were not looked at, as that would take too long. */
  readonly cut: boolean
}

// More would fill the screen, and each signature starts a program or two.
const MOST_NAMED = 3
const NOBODY: Made = { commits: [], more: 0, uncommitted: false, cut: false }

/**
 * Finds the commits that brought what is to be accepted, back to one that had none of it yet. Not back to where something
 * was last observed, for what was observed is not accepted.
 * @param gains as `pendingHere` gives them
 * @param relations what the history may cost
 */
export async function whoMade(
  present: Present,
  accepted: Accepted,
  gains: readonly Change[],
  relations?: PatternRelations,
): Promise<ReadonlyMap<Change, Made>> {
  const { state } = accepted
  const files = new Set([...present.attributes.keys(), ...(state?.attributes.keys() ?? [])])
  const history = new PolicyHistory(present.git, files, relations)
  try {
    const tips: string[] = []
    for (const name of tipsHere(present.repo)) {
      const info = await history.catFile.info(`${name}^{commit}`)
      if (info !== null) tips.push(info.oid)
    }
    const search = new Makers(present, history, tips, accepted)
    // First, that it is known of each.
    const uncommitted = await search.uncommitted(gains)
    const found = await search.among(gains.filter((gain) => !uncommitted.has(gain)))
    return await settle(gains, { found, uncommitted }, search)
  } finally {
    history.close()
  }
}

async function settle(
  gains: readonly Change[],
  {
    found,
    uncommitted: own,
  }: {
    readonly found: ReadonlyMap<Change, readonly string[]>
    readonly uncommitted: ReadonlySet<Change>
  },
  search: Makers,
): Promise<Map<Change, Made>> {
  const named = new Set([...found.values()].flatMap((oids) => oids.slice(0, MOST_NAMED)))
  const facts = await commitFacts([...named], search.history.git)
  const made = new Map<Change, Made>()
  for (const gain of gains) {
    const oids = found.get(gain) ?? []
    const commits = oids.slice(0, MOST_NAMED).flatMap((oid) => facts.get(oid) ?? [])
    const uncommitted = own.has(gain)
    const cut = search.cut.has(gain)
    made.set(
      gain,
      uncommitted
        ? { ...NOBODY, uncommitted }
        : { commits, more: oids.length - commits.length, uncommitted, cut },
    )
  }
  return made
}
