import { type Wanted, wantedFor } from '../blob/judge-file.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import type { AttributeGroup } from '../blob/protection.ts'
import type { Readers } from '../blob/readers.ts'
import { NixsecretError } from '../errors.ts'
import { HISTORY_BUDGET, PatternRelations } from '../policy/relate-patterns.ts'
import type { GuardedShape } from './blob-shapes.ts'
import { ContentJudge } from './content-judge.ts'
import { DropWatch } from './drop-watch.ts'
import { type Entry, isFile, type Step } from './entry.ts'
import { ifOpen } from './if-open.ts'
import type { Inspection } from './inspection.ts'
import { LapseWatch } from './lapse-watch.ts'
import { type Raised, RaisedList } from './raised.ts'
import { RecipientWatch } from './recipient-watch.ts'
import { RULES } from './rules/all.ts'
import { policy } from './rules/policy.ts'
import { protectionDropped } from './rules/protection-dropped.ts'
import type { Subject } from './rules/rule.ts'
import { SignatureWatch } from './signature-watch.ts'
import { TreeJudge } from './tree-judge.ts'

type Unjudged = Pick<Subject, 'problem'> & { readonly wanted: Wanted | null }
type Verdict = Pick<Subject, 'verdict' | 'strangers'>
const NOBODY: Unjudged = { wanted: null, problem: null }
const NO_VERDICT: Verdict = { verdict: null, strangers: [] }
// Entries judged together: one question to git for all their paths.
const BATCH = 4096
const NO_ENTRIES: Entry[] = []

/** Runs the rules over what the sources give, and raises each thing once, however many commits have it. */
export class Judge {
  readonly #inspection: Inspection
  readonly #tipGroups: readonly AttributeGroup[]
  readonly #raised = new RaisedList()
  readonly #drops: DropWatch
  readonly #lapses: LapseWatch
  readonly #trees: TreeJudge
  readonly #contents: ContentJudge
  readonly #recipients: RecipientWatch
  readonly #signatures: SignatureWatch | null
  readonly #verdicts = new Map<string, Verdict>()

  /** @param relations what policies of all commits are compared by, bounded */
  constructor(
    inspection: Inspection,
    tipGroups: readonly AttributeGroup[] = [],
    relations = new PatternRelations(HISTORY_BUDGET),
  ) {
    this.#inspection = inspection
    this.#tipGroups = tipGroups
    this.#drops = new DropWatch(inspection)
    this.#lapses = new LapseWatch(inspection)
    this.#trees = new TreeJudge(inspection, this.#raised)
    this.#contents = new ContentJudge(inspection, this.#raised)
    this.#recipients = new RecipientWatch(inspection, this.#raised, relations)
    this.#signatures = inspection.requireSigned ? new SignatureWatch(inspection) : null
  }

  /** In the order in which they were first seen. */
  get raised(): readonly Raised[] {
    return this.#raised.all
  }

  /** Judges everything that a source gives. */
  async all(source: AsyncIterable<Step>): Promise<void> {
    let batch: Step[] = []
    let size = 0
    for await (const step of source) {
      batch.push(step)
      size += step.entries.length + 1
      if (size < BATCH) continue
      await this.#judge(batch)
      batch = []
      size = 0
    }
    await this.#judge(batch)
  }

  /** Judges what is asked once for all commits. */
  async finish(): Promise<void> {
    await this.#signatures?.judge(this.#raised)
  }

  async #judge(steps: readonly Step[]): Promise<void> {
    const entries = steps.flatMap((step) => step.entries)
    const protectors = await this.#protectors(entries)
    const shut = entries.filter((entry) => protectors.has(entry))
    await this.#inspection.objects.need(shut.filter(isFile).map(({ oid }) => oid))
    const subjects = shut.map((entry) => this.#subject(entry, protectors.get(entry) ?? 'tip'))
    for (const subject of await Promise.all(subjects)) this.#apply(subject)
    for (const step of steps) {
      if (!step.guarded) continue
      await this.#trees.judge(step, (entry) => protectors.get(entry) === 'commit')
      await this.#recipients.look(step, (entry) => protectors.has(entry))
      await this.#signatures?.look(step, (entry) => protectors.has(entry))
      const dropped = await this.#drops.look(step, (entry) => protectors.has(entry))
      const lapsed = await this.#lapses.look(step, (entry) => protectors.has(entry))
      for (const { draft, entry } of [...dropped, ...lapsed])
        this.#raised.raise(protectionDropped.id, draft, entry)
    }
    await this.#contents.judge(entries.filter((entry) => !protectors.has(entry)))
  }

  /** Which entries are to be ciphertext, and by whose word. */
  async #protectors(entries: readonly Entry[]): Promise<ReadonlyMap<Entry, Subject['protectedBy']>> {
    const protectors = new Map<Entry, Subject['protectedBy']>()
    const groups = new Map<AttributeGroup, Entry[]>()
    for (const entry of entries) {
      const { group } = entry.state
      const list = group.protects ? groups.get(group) : NO_ENTRIES
      if (list === undefined) groups.set(group, [entry])
      else if (list !== NO_ENTRIES) list.push(entry)
    }
    const set = async (group: AttributeGroup, list: readonly Entry[], by: Subject['protectedBy']) => {
      const drivers = await group.drivers(list.map(({ path }) => path))
      for (const entry of list) if (drivers.has(entry.path)) protectors.set(entry, by)
    }
    for (const group of this.#tipGroups) await set(group, entries, 'tip')
    for (const [group, list] of groups) await set(group, list, 'commit')
    return protectors
  }

  async #subject(entry: Entry, protectedBy: Subject['protectedBy']): Promise<Subject> {
    const { path, oid, mode } = entry
    const shape = mode.startsWith('100') ? await this.#inspection.blobs.lookAt(path, oid) : null
    const { wanted, problem } = protectedBy === 'tip' ? NOBODY : await this.#wanted(entry)
    const verdict = shape === null || wanted === null ? NO_VERDICT : await this.#verdict(oid, shape, wanted)
    const means = entry.lies === undefined ? null : await ifOpen(this.#inspection, entry)
    return { entry, protectedBy, shape, readers: wanted?.readers ?? null, problem, ...verdict, ifOpen: means }
  }

  async #wanted({ state, path }: Entry): Promise<Unjudged> {
    const at = await this.#inspection.policies.at(state.policy)
    if ('problem' in at) return { wanted: null, problem: { message: at.problem, line: at.line } }
    try {
      return { wanted: wantedFor(at.policy, path), problem: null }
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      return { wanted: null, problem: { message: error.message, line: null } }
    }
  }

  async #verdict(oid: string, shape: GuardedShape, { readers, format }: Wanted): Promise<Verdict> {
    if (shape.kind !== 'age' && shape.kind !== 'sops') return NO_VERDICT
    if (shape.kind !== format) return { verdict: 'other-format', strangers: [] }
    const key = `${oid} ${readers.digest}`
    let verdict = this.#verdicts.get(key)
    if (verdict === undefined) {
      verdict = await verdictOf(shape, readers)
      this.#verdicts.set(key, verdict)
    }
    return verdict
  }

  #apply(subject: Subject): void {
    for (const rule of [...RULES, policy]) {
      const draft = rule.judge(subject)
      if (draft !== null) this.#raised.raise(rule.id, draft, subject.entry)
    }
  }
}

async function verdictOf(
  shape: Extract<GuardedShape, { readonly kind: 'age' | 'sops' }>,
  readers: Readers,
): Promise<Verdict> {
  if (shape.kind === 'age') return { verdict: judgeReaders(shape.header, readers), strangers: [] }
  const { judgeSopsReaders } = await import('../blob/sops-files.ts')
  return judgeSopsReaders(shape.metadata, readers)
}
