import type { AttributeGroup } from '../../blob/protection.ts'
import type { TreeLine, TreeState } from '../../blob/tree-state.ts'
import { DIFF_BATCH, diffCommits } from '../../git/diff-commits.ts'
import { type CommitLine, listCommits } from '../../git/rev-list.ts'
import type { Change, Origin, Step } from '../entry.ts'
import type { Inspection } from '../inspection.ts'

/** Which commits are looked at; object ids of commits. */
export interface Range {
  readonly tips: readonly string[]
  /** What is reachable from these is left out. */
  readonly without: readonly string[]
  /** A look back at a history that is already where it is: a long one need not be read to its last byte. */
  readonly audit?: boolean
}

// To read every file of more commits than these takes minutes.
const LONG = 20_000

/**
 * Every path that a commit of the range brings in or changes; every path of a commit whose `.gitattributes` or policy
 * differ from a parent's, since those judge old blobs anew; every path of the tips. With each commit, what it takes away.
 *
 * `rev-list --objects` would name one path only of a blob that has several. Until one commit has attributes that
 * protect something or a policy, and unless the attributes of a tip (`tipGroups`) do, commits give only what
 * content rules read.
 */
export async function* commitEntries(
  inspection: Inspection,
  range: Range,
  tipGroups: readonly AttributeGroup[],
): AsyncGenerator<Step> {
  const commits = await listCommits(range.tips, range.without, inspection.place)
  inspection.audit = range.audit === true
  if (inspection.audit && commits.length > LONG) inspection.scope = 'named'
  const walk = new Walk(inspection, range, tipGroups.length > 0)
  // A short walk shares the process that lists trees: to start one takes longer than to wait for it.
  const long = commits.length > DIFF_BATCH
  // Of a long one git's part takes longest, and one process of git's uses one core.
  const readers = long ? [inspection.diffTree(), inspection.diffTree()] : [inspection.treeReader()]
  try {
    let done = 0
    for await (const batch of diffCommits(commits, readers)) {
      await inspection.needRuling(batch.changes.flat())
      for (const [i, change] of batch.changes.entries())
        yield* walk.visit(batch.commits[i] as CommitLine, change)
      done += batch.commits.length
      inspection.onProgress({ commits: done, total: commits.length })
    }
  } finally {
    if (long) for (const reader of readers) reader.close()
  }
  // A tip that the range leaves out (it is on the remote already) is looked at all the same.
  for (const tip of new Set(range.tips)) if (!walk.visited(tip)) yield* walk.visitTree(tip)
}

class Walk {
  readonly #inspection: Inspection
  readonly #tips: ReadonlySet<string>
  readonly #audit: boolean
  #guarded: boolean
  readonly #states = new Map<string, TreeState>()
  readonly #seen = new Set<string>()

  constructor(inspection: Inspection, { tips, audit = false }: Range, guarded: boolean) {
    this.#inspection = inspection
    this.#tips = new Set(tips)
    this.#audit = audit
    this.#guarded = guarded
  }

  visited(commit: string): boolean {
    return this.#seen.has(commit)
  }

  /** @param changes of a merge: against all parents; of a commit without parents: everything */
  async *visit({ oid, parents }: CommitLine, changes: readonly TreeLine[]): AsyncGenerator<Step> {
    this.#seen.add(oid)
    this.#inspection.commits++
    this.#inspection.order.set(oid, this.#inspection.order.size)
    const before: TreeState[] = []
    for (const parent of parents) before.push(this.#states.get(parent) ?? (await this.#stateOutside(parent)))
    const { states } = this.#inspection
    const state =
      before.length === 0 ? await states.ofTree(changes) : await states.ofCommit(oid, before, changes)
    this.#states.set(oid, state)
    const ruled = [state, ...before].some(rules)
    this.#guarded ||= ruled
    const tip = this.#tips.has(oid)
    const origin: Origin = parents.length > 1 ? 'merged' : 'brought'
    const whole = parents.length > 0 && rules(state) && (tip || before.some((parent) => parent !== state))
    const lines = whole ? await this.#inspection.tree(oid) : this.#relevant(changes, origin)
    // What a merge took from one side alone is no change of its own, but may be for whoever asks who signed it.
    const silent = !(this.#inspection.requireSigned && parents.length > 1)
    if (lines.length === 0 && changes.length === 0 && silent) return
    const changed = whole ? new Set(changes.map((change) => change.path)) : null
    const first = parents.length === 0 ? await this.#originOfFirst(oid) : origin
    const gone = changes.flatMap(({ mode, path }) => (mode.startsWith('100') ? [] : [path]))
    const change: Change | null = parents.length === 0 ? null : { parents, before, gone }
    const entries = lines.map((line) => ({
      ...entry(oid, line, state),
      origin: changed === null || changed.has(line.path) ? first : ('kept' as const),
      tip,
    }))
    const guarded = this.#guarded
    if (entries.length > 0 || guarded) yield { commit: oid, tip, state, entries, guarded, change }
  }

  /** Before anything is to be encrypted, only what content rules read counts. */
  #relevant(changes: readonly TreeLine[], origin: Origin): readonly TreeLine[] {
    return changes.filter(
      (line) =>
        line.mode !== '000000' && (this.#guarded || this.#inspection.wantsContent({ ...line, origin })),
    )
  }

  async *visitTree(tip: string): AsyncGenerator<Step> {
    const lines = await this.#inspection.tree(tip)
    const state = await this.#inspection.states.ofTree(lines)
    this.#inspection.commits++
    // A tag may name a tree: that is no commit which the range leaves out, and nobody knows who has it.
    const isCommit = (await this.#inspection.catFile.info(tip))?.type === 'commit'
    if (isCommit) this.#inspection.outside.add(tip)
    if (isCommit && !rules(state) && this.#inspection.scope !== 'whole') return
    const origin: Origin = isCommit ? 'kept' : 'brought'
    const entries = lines.map((line) => ({ ...entry(tip, line, state), origin, tip: true }))
    yield { commit: tip, tip: true, state, entries, guarded: true, change: null }
  }

  /** A parent before the range. */
  async #stateOutside(commit: string): Promise<TreeState> {
    const state = await this.#inspection.states.ofTree(await this.#inspection.tree(commit))
    this.#states.set(commit, state)
    this.#inspection.outside.add(commit)
    return state
  }

  /**
   * At the edge of a shallow clone a commit seems to have no parents: nobody knows what it brought. Whoever is sent it
   * and has nothing before it gets all that is in it.
   */
  async #originOfFirst(commit: string): Promise<Origin> {
    const object = await this.#inspection.catFile.get(commit)
    // Further down such a line is no parent's, and git knows nothing of it.
    if (!/^tree [0-9a-f]+\nparent /.test(object?.content.toString('latin1') ?? '')) return 'brought'
    this.#inspection.cutOff = true
    return this.#audit ? 'kept' : 'brought'
  }
}

/** Whether a tree says of any file that it is to be encrypted, or for whom. */
function rules({ group, policy }: TreeState): boolean {
  return group.protects || policy !== null
}

function entry(commit: string, { path, mode, oid }: TreeLine, state: TreeState) {
  return { commit, path, mode, oid, settled: false, state }
}
