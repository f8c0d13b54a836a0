import type { Entry } from './entry.ts'
import type { Draft, RuleId } from './finding.ts'
import { GATE_RULES } from './silence/gate-rules.ts'

/** A finding before its remedy is spelled out. */
export interface Raised {
  readonly rule: RuleId
  readonly draft: Draft
  /** Where it was first seen, or, if worse there, where it is worst. */
  readonly entry: Entry
  /** Whether what was found is still so at a tip, or in the index. */
  readonly atTip: boolean
  /** Where the tips have the same thing within the same file, for what is about a part of a file. */
  readonly later: readonly Place[]
}

/** A line of a blob. */
export interface Place {
  readonly oid: string
  /** From 1. */
  readonly line: number
}

const RANK = { error: 2, warning: 1, note: 0 } as const

/** Collects what is found: each thing once, however many commits have it. */
export class RaisedList {
  readonly #raised = new Map<string, Raised>()

  /** In the order in which they were first seen. */
  get all(): readonly Raised[] {
    return [...this.#raised.values()]
  }

  /** @param ordinal tells apart what the same blob has several times of one subject */
  raise(rule: RuleId, draft: Draft, entry: Entry, ordinal = 0): void {
    const key = `${rule}\0${about(rule, draft, entry)}\0${ordinal}`
    const before = this.#raised.get(key)
    const atTip = entry.tip || entry.commit === null
    if (before === undefined) this.#raised.set(key, { rule, draft, entry, atTip, later: [] })
    else if (RANK[draft.severity] > RANK[before.draft.severity])
      this.#raised.set(key, { rule, draft, entry, atTip: atTip || before.atTip, later: before.later })
    else if (atTip && !before.atTip) this.#raised.set(key, { ...before, atTip })
  }
}

/**
 * What is said of another file is one thing, whichever entry it was said for; what is in a file outlives its edits.
 * But not for the rules that guard a push: the next version may hold another secret, and to know one is not to know it.
 */
function about(rule: RuleId, { path, subject, message }: Draft, { oid, path: own, state }: Entry): string {
  const version = GATE_RULES.has(rule) ? `\0${path === undefined ? oid : state.policy?.oid}` : ''
  if (path !== undefined) return `${path}\0${message}${version}`
  return subject === undefined ? `${own}\0${oid}` : `${own}\0${subject}${version}`
}
