import { keyMark } from '../age/key-mark.ts'
import { POLICY_PATH, type TreeState } from '../blob/tree-state.ts'
import {
  type Comparing,
  changeKey,
  gainsBetween,
  gainsBeyond,
  mergeGains,
  type Side,
} from '../blob/trust/history/own-gains.ts'
import type { BytePath } from '../byte-path.ts'
import { type FilterLine, filterLines, macroNames } from '../git/filter-lines.ts'
import { mergeBases } from '../git/merge-picks.ts'
import type { Change } from '../policy/change.ts'
import type { PatternRelations } from '../policy/relate-patterns.ts'
import type { Entry, Step } from './entry.ts'
import type { Draft } from './finding.ts'
import type { Inspection } from './inspection.ts'
import type { RaisedList } from './raised.ts'
import { newRecipient, tooMuchToCompare } from './rules/new-recipient.ts'

const NONE = () => false

/**
 * Finds commits by which somebody can read, or get at, what they could not before. Steps come parents first. Where
 * neither policy nor attributes change, nothing is looked at.
 */
export class RecipientWatch {
  readonly #inspection: Inspection
  readonly #raised: RaisedList
  readonly #relations: PatternRelations
  readonly #sides = new Map<TreeState, Promise<Side>>()
  /** The latest in the walk that had a policy: one that is taken away and comes back is no first one. */
  #latest: Side | null = null

  /** @param relations what all commits are compared by; of those beyond it is told that they were not looked at */
  constructor(inspection: Inspection, raised: RaisedList, relations: PatternRelations) {
    this.#relations = relations
    this.#inspection = inspection
    this.#raised = raised
  }

  /** @param isProtected by the entry's own commit or by a tip */
  async look(step: Step, isProtected: (entry: Entry) => boolean): Promise<void> {
    const { commit, change, state } = step
    if (commit === null) return
    const before = change?.before ?? []
    for (const parent of state.policy === null ? before : []) await this.#remember(parent)
    if (state.policy === null) return
    if (before.some((parent) => parent !== state)) {
      const paths = step.entries.filter(isProtected).map(({ path }) => path)
      const by = { paths, relations: this.#relations }
      const all = await this.#gains(step, by)
      const gains = this.#relations.spent ? all.filter((gain) => !isCompared(gain)) : all
      if (gains.length < all.length) this.#raise(step, tooMuchToCompare(commit, POLICY_PATH))
      const known = gains.length === 0 ? NONE : await this.#known(state, by)
      for (const gain of gains) {
        // Of lost protection `protection-dropped` tells, file by file.
        if (gain.kind === 'unprotected' && gain.opens !== 'work tree') continue
        if (!known(gain)) this.#raise(step, newRecipient.judge(commit, gain, POLICY_PATH, keyMark))
      }
    }
    await this.#remember(state)
  }

  /** What this user has accepted is no news to them, where it is they who are told. */
  async #known(state: TreeState, by: Comparing): Promise<(gain: Change) => boolean> {
    const accepted = this.#inspection.isOwn ? await this.#inspection.accepted() : null
    const side = await this.#side(state)
    if (accepted === null || side.policy === null) return NONE
    const { policies, state: had } = accepted
    const beyond = gainsBeyond({ policies, attributes: had?.attributes ?? new Map() }, side, by)
    const keys = new Set(beyond.map(changeKey))
    return (gain) => !keys.has(changeKey(gain))
  }

  async #remember(state: TreeState): Promise<void> {
    const side = state.policy === null ? null : await this.#side(state)
    if (side !== null && side.policy !== null) this.#latest = side
  }

  #raise({ commit, tip, state, change }: Step, draft: Draft): void {
    const path = draft.path ?? POLICY_PATH
    const { mode, oid } = state.files.get(path) ?? { mode: '000000', oid: '' }
    const origin = (change?.parents.length ?? 0) > 1 ? ('merged' as const) : ('brought' as const)
    const entry = { commit, path, mode, oid, origin, tip, settled: false, state }
    this.#raised.raise(newRecipient.id, draft, entry)
  }

  async #gains({ state, change }: Step, by: Comparing): Promise<readonly Change[]> {
    const { parents = [], before = [] } = change ?? {}
    const after = await this.#side(state)
    const sides = await Promise.all(before.map((parent) => this.#side(parent)))
    const known = sides.map((side) => (side.policy === null ? this.#latest : side))
    // The first policy of a repository is no news; nor is one that follows what nobody could read.
    const had = known.filter((side) => side !== null)
    if (had.length === 0 || after.policy === null) return []
    const [only] = had
    if (had.length === 1 && only !== undefined) return gainsBetween(only, after, by)
    const bases = await Promise.all(
      had.map((_, i) => this.#basesOf(parents[i] as string, parents[i === 0 ? 1 : 0] as string)),
    )
    return mergeGains(
      had.map((side, i) => ({ side, bases: bases[i] ?? [] })),
      after,
      by,
    )
  }

  async #basesOf(one: string, other: string): Promise<Side[]> {
    const oids = await mergeBases(this.#inspection, one, other)
    return Promise.all(
      oids.map(async (oid) =>
        this.#side(await this.#inspection.states.ofTree(await this.#inspection.tree(oid))),
      ),
    )
  }

  #side(state: TreeState): Promise<Side> {
    let side = this.#sides.get(state)
    if (side === undefined) {
      side = sideOf(this.#inspection, state)
      this.#sides.set(state, side)
    }
    return side
  }
}

/** Of these, more may be told than there is where patterns are too many to be held against each other. */
function isCompared({ kind }: Change): boolean {
  return kind === 'reader' || kind === 'store' || kind === 'format'
}

/** What a tree says of who may read what. */
export async function sideOf({ policies, objects }: Inspection, state: TreeState): Promise<Side> {
  const at = await policies.at(state.policy)
  const contents = new Map<BytePath, Buffer>()
  for (const [path, { mode, oid }] of state.files) {
    if (path === POLICY_PATH || !mode.startsWith('100')) continue
    contents.set(path, (await objects.get(oid))?.content ?? Buffer.alloc(0))
  }
  const macros = new Set([...contents.values()].flatMap(macroNames))
  const attributes = new Map<BytePath, readonly FilterLine[]>()
  for (const [path, content] of contents) {
    const lines = filterLines(content, macros)
    if (lines.length > 0) attributes.set(path, lines)
  }
  return { policy: 'policy' in at ? at.policy : null, attributes }
}
