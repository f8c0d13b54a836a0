import type { BytePath } from '../../../byte-path.ts'
import { mergeBases } from '../../../git/merge-picks.ts'
import type { CommitLine } from '../../../git/rev-list.ts'
import type { Change } from '../../../policy/change.ts'
import type { Accepted } from '../accepted.ts'
import type { Present } from '../present.ts'
import { type Comparing, changeKey, gainsBetween, gainsBeyond, mergeGains, type Side } from './own-gains.ts'
import type { PolicyHistory } from './policy-history.ts'

// Commits that change the files in question, the newest first.
const MOST_COMPARED = 500

/** Looks for the commits that brought what is to be accepted, the newest first, within what its history may cost. */
export class Makers {
  readonly #present: Present
  readonly history: PolicyHistory
  readonly #tips: readonly string[]
  readonly #accepted: Accepted
  readonly #paths: readonly BytePath[]
  /** What was not found out to the end. */
  readonly cut = new Set<Change>()

  constructor(present: Present, history: PolicyHistory, tips: readonly string[], accepted: Accepted) {
    this.#accepted = accepted
    this.#present = present
    this.#paths = [...present.files.keys()]
    this.history = history
    this.#tips = tips
  }

  get #by(): Comparing {
    return { paths: this.#paths, relations: this.history.relations }
  }

  /** For each change the commits that have it and whose parents have not, the newest first. */
  async among(gains: readonly Change[]): Promise<Map<Change, string[]>> {
    const found = new Map<Change, string[]>(gains.map((gain) => [gain, []]))
    const commits = await this.history.commits(this.#tips, null)
    const changing = await this.history.changing(commits, MOST_COMPARED)
    const keys = new Map(gains.map((gain) => [gain, changeKey(gain)]))
    const open = new Set(gains.filter(({ kind }) => kind !== 'moved'))
    const by = this.#by
    const merges: [string, Set<string>][] = []
    for (const { oid, parents } of changing) {
      if (open.size === 0 || this.history.spent) break
      const own = await this.history.side(oid)
      const befores = await Promise.all(parents.map((parent) => this.history.side(parent)))
      if (befores.length === 0) befores.push({ policy: null, attributes: new Map() })
      const each = befores.map((before) => new Set(gainsBetween(before, own, by).map(changeKey)))
      const beyond = new Set(this.#beyond(own).map(changeKey))
      const picked = await this.#picked({ oid, parents }, { own, befores }, each)
      // Of this one more may be told than it did.
      if (this.history.spent) break
      for (const gain of open) {
        const key = changeKey(gain)
        if (each.every((one) => one.has(key)) || picked.has(key)) found.get(gain)?.push(oid)
        // What somebody gained and lost again before that is no news.
        else if (!beyond.has(key) && found.get(gain)?.length !== 0) open.delete(gain)
      }
      if (each.length > 1) merges.push([oid, new Set(each.flatMap((one) => [...one]))])
    }
    if (this.history.spent || changing.length >= MOST_COMPARED) for (const gain of open) this.cut.add(gain)
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
    { own, befores }: { readonly own: Side; readonly befores: readonly Side[] },
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
    return new Set(mergeGains(await Promise.all(sides), own, this.#by).map(changeKey))
  }

  /** What a commit gives that is not accepted. */
  #beyond(side: Side): Change[] {
    const { policies, state } = this.#accepted
    return gainsBeyond({ policies, attributes: state?.attributes ?? new Map() }, side, this.#by)
  }

  /** Changes that no tip has. */
  async uncommitted(gains: readonly Change[]): Promise<Set<Change>> {
    const { policy, files, attributes } = this.#present
    const left = new Set(gains)
    for (const tip of this.#tips) {
      const side = await this.history.side(tip)
      // What the tip lacks of the change would be gained once more.
      const missing = new Set(gainsBetween(side, { policy, attributes }, this.#by).map(changeKey))
      // Where that can't be told, nobody says that it is uncommitted.
      if (this.history.spent) return new Set()
      for (const gain of left) {
        const has =
          gain.kind === 'moved'
            ? (await this.history.at(tip, gain.path)) === (files.get(gain.path) ?? '')
            : !missing.has(changeKey(gain))
        if (has) left.delete(gain)
      }
    }
    return left
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
