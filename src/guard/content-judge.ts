import type { NixFact } from '../nix/facts.ts'
import type { Hit } from './content/placed-hit.ts'
import type { Entry } from './entry.ts'
import type { Draft, RuleId } from './finding.ts'
import type { Inspection } from './inspection.ts'
import type { RaisedList } from './raised.ts'
import { NIX_RULES } from './rules/all.ts'
import { credential } from './rules/credential.ts'
import { privateKey } from './rules/private-key.ts'
import type { NixRule } from './rules/rule.ts'
import { Surroundings } from './surroundings.ts'

const AT_ONCE = 4096
const HIT_RULES = { 'private-key': privateKey, credential } as const

/** Judges files by their content: those that nothing protects, so that they are what they seem. */
export class ContentJudge {
  readonly #inspection: Inspection
  readonly #raised: RaisedList
  readonly #around: Surroundings

  constructor(inspection: Inspection, raised: RaisedList) {
    this.#inspection = inspection
    this.#raised = raised
    this.#around = new Surroundings(inspection)
  }

  async judge(entries: readonly Entry[]): Promise<void> {
    // The policy and attributes too: they are never encrypted, so a key in them is as open as anywhere.
    const wanted = entries.filter((entry) => this.#inspection.wantsContent(entry))
    await this.#inspection.needContent(wanted)
    // Many are asked for at once, and raised in order; a tree may have a million.
    for (let start = 0; start < wanted.length; start += AT_ONCE) {
      const some = wanted.slice(start, start + AT_ONCE)
      const found = await Promise.all(some.map((entry) => this.draftsOf(entry)))
      for (const [i, drafts] of found.entries()) this.#raise(some[i] as Entry, drafts)
    }
  }

  #raise(entry: Entry, drafts: readonly { rule: RuleId; draft: Draft }[]): void {
    const count = new Map<string, number>()
    for (const { rule, draft } of drafts) {
      const subject = `${rule} ${draft.subject}`
      const ordinal = count.get(subject) ?? 0
      count.set(subject, ordinal + 1)
      this.#raised.raise(rule, draft, entry, ordinal)
    }
  }

  /** What rules say of one file. */
  async draftsOf(entry: Entry): Promise<{ rule: RuleId; draft: Draft }[]> {
    const { hits, facts } = await this.#inspection.contents.at(entry.path, entry.oid)
    const drafts = hits.map((hit) => judgeHit(hit, entry))
    for (const { fact, line, column } of facts) {
      const rule = NIX_RULES[fact.kind] as NixRule<NixFact['kind']>
      const draft = await rule.judge(fact, this.#around, entry)
      if (draft !== null) drafts.push({ rule: rule.id, draft: { ...draft, line, column } })
    }
    return drafts
  }
}

function judgeHit({ rule, what, line, column }: Hit, entry: Entry): { rule: RuleId; draft: Draft } {
  return { rule, draft: { ...HIT_RULES[rule].judge(what, entry), line, column } }
}
