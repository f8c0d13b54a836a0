import type { Header } from '../age/header.ts'
import { judgeReaders, type ReadersVerdict } from '../blob/judge-readers.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { DropWatch } from './drop-watch.ts'
import type { Entry, Step } from './entry.ts'
import type { Draft, RuleId } from './finding.ts'
import type { Inspection } from './inspection.ts'
import type { AttributeGroup } from './protection.ts'
import { RULES } from './rules/all.ts'
import { protectionDropped } from './rules/protection-dropped.ts'
import type { Subject } from './rules/rule.ts'

/** A finding before its remedy is spelled out. */
export interface Raised {
  readonly rule: RuleId
  readonly draft: Draft
  /** Where it was first seen, or, if worse there, where it is worst. */
  readonly entry: Entry
  /** Whether what was found is still so at a tip, or in the index. */
  readonly atTip: boolean
}

type Unjudged = Pick<Subject, 'readers' | 'problem'>
const NOBODY: Unjudged = { readers: null, problem: null }
const RANK = { error: 2, warning: 1, note: 0 } as const
// Entries judged together: one question to git for all their paths.
const BATCH = 4096

/** Runs the rules over what the sources give, and raises each thing once, however many commits have it. */
export class Judge {
  readonly #inspection: Inspection
  readonly #tipGroups: readonly AttributeGroup[]
  readonly #raised = new Map<string, Raised>()
  readonly #drops: DropWatch
  readonly #verdicts = new Map<string, ReadersVerdict>()

  constructor(inspection: Inspection, tipGroups: readonly AttributeGroup[] = []) {
    this.#inspection = inspection
    this.#tipGroups = tipGroups
    this.#drops = new DropWatch(inspection)
  }

  /** In the order in which they were first seen. */
  get raised(): readonly Raised[] {
    return [...this.#raised.values()]
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

  async #judge(steps: readonly Step[]): Promise<void> {
    const entries = steps.flatMap((step) => step.entries)
    const paths = new Map<AttributeGroup, BytePath[]>()
    for (const entry of entries) {
      for (const group of [entry.state.group, ...this.#tipGroups]) {
        const list = paths.get(group)
        if (list === undefined) paths.set(group, [entry.path])
        else list.push(entry.path)
      }
    }
    const drivers = new Map<AttributeGroup, ReadonlyMap<BytePath, unknown>>()
    for (const [group, list] of paths) drivers.set(group, await group.drivers(list))
    const protector = ({ state, path }: Entry): Subject['protectedBy'] | null => {
      if (drivers.get(state.group)?.has(path)) return 'commit'
      return this.#tipGroups.some((group) => drivers.get(group)?.has(path)) ? 'tip' : null
    }
    const subjects = entries.flatMap((entry) => {
      const protectedBy = protector(entry)
      return protectedBy === null ? [] : [this.#subject(entry, protectedBy)]
    })
    for (const subject of await Promise.all(subjects)) this.#apply(subject)
    for (const step of steps) {
      const dropped = await this.#drops.look(step, (entry) => protector(entry) !== null)
      for (const { draft, entry } of dropped) this.#raise(protectionDropped.id, draft, entry)
    }
  }

  async #subject(entry: Entry, protectedBy: Subject['protectedBy']): Promise<Subject> {
    const shape = entry.mode.startsWith('100') ? await this.#inspection.blobs.look(entry.oid) : null
    const { readers, problem } = protectedBy === 'tip' ? NOBODY : await this.#readers(entry)
    const verdict =
      shape?.kind === 'age' && readers !== null ? this.#verdict(entry.oid, shape.header, readers) : null
    return { entry, protectedBy, shape, readers, problem, verdict }
  }

  async #readers({ state, path }: Entry): Promise<Unjudged> {
    const at = await this.#inspection.policies.at(state.policy)
    if ('problem' in at) return { readers: null, problem: { message: at.problem, line: at.line } }
    try {
      return { readers: readersFor(at.policy, path), problem: null }
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      return { readers: null, problem: { message: error.message, line: null } }
    }
  }

  #verdict(oid: string, header: Header, readers: Readers): ReadersVerdict {
    const key = `${oid} ${readers.digest}`
    let verdict = this.#verdicts.get(key)
    if (verdict === undefined) {
      verdict = judgeReaders(header, readers)
      this.#verdicts.set(key, verdict)
    }
    return verdict
  }

  #apply(subject: Subject): void {
    for (const rule of RULES) {
      const draft = rule.judge(subject)
      if (draft !== null) this.#raise(rule.id, draft, subject.entry)
    }
  }

  #raise(rule: RuleId, draft: Draft, entry: Entry): void {
    // What is said of another file is one thing, whichever entry it was said for.
    const about = draft.path === undefined ? `${entry.path}\0${entry.oid}` : `${draft.path}\0${draft.message}`
    const key = `${rule}\0${about}`
    const before = this.#raised.get(key)
    const atTip = entry.tip || entry.commit === null
    if (before === undefined) this.#raised.set(key, { rule, draft, entry, atTip })
    else if (RANK[draft.severity] > RANK[before.draft.severity])
      this.#raised.set(key, { rule, draft, entry, atTip: atTip || before.atTip })
    else if (atTip && !before.atTip) this.#raised.set(key, { ...before, atTip })
  }
}
