import type { BytePath } from '../../byte-path.ts'
import { type CommitFacts, commitFacts } from '../../git/commit-facts.ts'
import { mergeBases } from '../../git/merge-picks.ts'
import type { CommitLine } from '../../git/rev-list.ts'
import type { Change } from '../../policy/change.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import type { Accepted } from './accepted.ts'
import { attributesDifference } from './attributes-difference.ts'
import { canonical } from './canonical.ts'
import { changeKey, gainsBetween, mergeGains, type Side } from './own-gains.ts'
import { PolicyHistory } from './policy-history.ts'
import type { Present } from './present.ts'
import { tipsHere } from './tips-here.ts'

/** Where a change comes from. */
export interface Made {
  /** The newest first. */
  readonly commits: readonly CommitFacts[]
  /** How many more there are. */
  readonly more: number
  /** Whether it is in no commit yet. Neither that nor a commit: it can't be told, as where history was rewritten. */
  readonly uncommitted: boolean
}

// More would fill the screen, and each signature starts a program or two.
const MOST_NAMED = 3
// Commits that change the files in question, the newest first.
const MOST_COMPARED = 500
const NOBODY: Made = { commits: [], more: 0, uncommitted: false }

/**
 * Finds the commits that brought what is to be accepted, back to one that had none of it yet. Not back to where something
 * was last observed, for what was observed is not accepted.
 * @param gains as `pendingHere` gives them
 */
export async function whoMade(
  present: Present,
  accepted: Accepted,
  gains: readonly Change[],
): Promise<ReadonlyMap<Change, Made>> {
  const { state } = accepted
  const files = new Set([...present.attributes.keys(), ...(state?.attributes.keys() ?? [])])
  const history = new PolicyHistory(present.git, files)
  try {
    const tips: string[] = []
    for (const name of tipsHere(present.repo)) {
      const info = await history.catFile.info(`${name}^{commit}`)
      if (info !== null) tips.push(info.oid)
    }
    const search = new Search(present, history, tips, accepted)
    return await settle(gains, await search.among(gains), search)
  } finally {
    history.close()
  }
}

async function settle(
  gains: readonly Change[],
  found: ReadonlyMap<Change, readonly string[]>,
  search: Search,
): Promise<Map<Change, Made>> {
  const named = new Set([...found.values()].flatMap((oids) => oids.slice(0, MOST_NAMED)))
  const facts = await commitFacts([...named], search.history.git)
  const made = new Map<Change, Made>()
  for (const gain of gains) {
    const oids = found.get(gain) ?? []
    const commits = oids.slice(0, MOST_NAMED).flatMap((oid) => facts.get(oid) ?? [])
    const uncommitted = !(await search.isCommitted(gain))
    made.set(
      gain,
      uncommitted ? { ...NOBODY, uncommitted } : { commits, more: oids.length - commits.length, uncommitted },
    )
  }
  return made
}

class Search {
  readonly #present: Present
  readonly history: PolicyHistory
  readonly #tips: readonly string[]
  readonly #accepted: Accepted

  constructor(present: Present, history: PolicyHistory, tips: readonly string[], accepted: Accepted) {
    this.#accepted = accepted
    this.#present = present
    this.history = history
    this.#tips = tips
  }

  /** For each change the commits that have it and whose parents have not, the newest first. */
  async among(gains: readonly Change[]): Promise<Map<Change, string[]>> {
    const found = new Map<Change, string[]>(gains.map((gain) => [gain, []]))
    const commits = await this.history.commits(this.#tips, null)
    const changing = await this.history.changing(commits, MOST_COMPARED)
    const keys = new Map(gains.map((gain) => [gain, changeKey(gain)]))
    const open = new Set(gains)
    const paths = [...this.#present.files.keys()]
    const merges: [string, Set<string>][] = []
    for (const { oid, parents } of changing) {
      const own = await this.history.side(oid)
      const befores = await Promise.all(parents.map((parent) => this.history.side(parent)))
      if (befores.length === 0) befores.push({ policy: null, attributes: new Map() })
      const each = befores.map((before) => new Set(gainsBetween(before, own, paths).map(changeKey)))
      const beyond = new Set(this.#beyond(own, paths).map(changeKey))
      const picked = await this.#picked({ oid, parents }, { own, befores, paths }, each)
      for (const gain of open) {
        const key = changeKey(gain)
        if (each.every((one) => one.has(key)) || picked.has(key)) found.get(gain)?.push(oid)
        // What somebody gained and lost again before that is no news.
        else if (!beyond.has(key) && found.get(gain)?.length !== 0) open.delete(gain)
      }
      if (open.size === 0) break
      if (each.length > 1) merges.push([oid, new Set(each.flatMap((one) => [...one]))])
    }
    // What one side took away and a merge brought back is new to one side only.
    for (const [gain, key] of keys)
      if (found.get(gain)?.length === 0)
        found.set(
          gain,
          merges.flatMap(([oid, all]) => (all.has(key) ? [oid] : [])),
        )
    const moved = gains.filter((gain) => gain.kind === 'moved')
    if (moved.length === 0) return found
    const movedPaths = moved.map(({ path }) => path)
    const touching = await this.history.touching(commits, movedPaths)
    for (const gain of moved) found.set(gain, await this.#movers(touching.slice(0, MOST_COMPARED), gain))
    return found
  }

  /**
   * What a merge brings back that one side had taken away: its own doing, and not that of whoever gave it at first, maybe
   * with a signature.
   */
  async #picked(
    { parents }: CommitLine,
    {
      own,
      befores,
      paths,
    }: { readonly own: Side; readonly befores: readonly Side[]; readonly paths: readonly BytePath[] },
    each: readonly ReadonlySet<string>[],
  ): Promise<ReadonlySet<string>> {
    const [first, second] = parents
    const all = each.flatMap((one) => [...one])
    if (first === undefined || second === undefined || all.every((key) => each.every((one) => one.has(key))))
      return new Set()
    const sides = befores.map(async (side, i) => {
      const oids = await mergeBases(
        { place: this.history.git },
        parents[i] ?? first,
        i === 0 ? second : first,
      )
      return { side, bases: await Promise.all(oids.map((base) => this.history.side(base))) }
    })
    return new Set(mergeGains(await Promise.all(sides), own, paths).map(changeKey))
  }

  /** What a commit gives that is not accepted. */
  #beyond(side: Side, paths: readonly BytePath[]): Change[] {
    const { policies, state } = this.#accepted
    const gains = side.policy === null ? [] : comparePolicies(policies, side.policy, { paths, canonical })
    return [...gains, ...attributesDifference(state?.attributes ?? new Map(), side.attributes)]
  }

  /** Whether a tip has what the change is about. */
  async isCommitted(change: Change): Promise<boolean> {
    const { policy, files, attributes } = this.#present
    const holds = await Promise.all(
      this.#tips.map(async (tip) => {
        if (change.kind === 'moved')
          return (await this.history.at(tip, change.path)) === (files.get(change.path) ?? '')
        const side = await this.history.side(tip)
        // What the tip lacks of the change would be gained once more.
        const missing = gainsBetween(side, { policy, attributes }, [...files.keys()])
        return !missing.some((one) => changeKey(one) === changeKey(change))
      }),
    )
    return holds.includes(true)
  }

  async #movers(
    commits: readonly CommitLine[],
    { path }: Extract<Change, { kind: 'moved' }>,
  ): Promise<string[]> {
    const oid = this.#present.files.get(path)
    const found: string[] = []
    for (const commit of commits) {
      if ((await this.history.at(commit.oid, path)) !== oid) continue
      const before = await Promise.all(commit.parents.map((parent) => this.history.at(parent, path)))
      if (!before.includes(oid ?? null)) found.push(commit.oid)
    }
    return found
  }
}
