import { POLICY_PATH } from '../blob/tree-state.ts'
import { namedByRule } from '../policy/readers-of.ts'
import { type Entry, isFile, type Step } from './entry.ts'
import type { Inspection } from './inspection.ts'
import { isForeignCiphertext } from './is-foreign-ciphertext.ts'
import { isPublicKey } from './public-key.ts'
import type { RaisedList } from './raised.ts'
import { policy } from './rules/policy.ts'
import { unfilteredPath } from './rules/unfiltered-path.ts'

// Longer is no public key of any kind.
const MAX_PUBLIC_KEY = 64 << 10

/** Judges a tree by what its policy and its attributes say of each other. */
export class TreeJudge {
  readonly #inspection: Inspection
  readonly #raised: RaisedList

  constructor(inspection: Inspection, raised: RaisedList) {
    this.#inspection = inspection
    this.#raised = raised
  }

  /** @param isFiltered whether attributes of the entry's own commit have git encrypt it */
  async judge(step: Step, isFiltered: (entry: Entry) => boolean): Promise<void> {
    const at = await this.#inspection.policies.at(step.state.policy)
    const draft = policy.judgeStep(step, at)
    if (draft !== null) this.#raised.raise(policy.id, draft, policyEntry(step))
    if (!('policy' in at) || at.policy.rules.every((rule) => rule.to === null)) return
    const named = step.entries.filter(
      (entry) => isFile(entry) && !isFiltered(entry) && namedByRule(at.policy, entry.path),
    )
    if (named.length > 0) await this.#inspection.objects.need(named.map(({ oid }) => oid))
    for (const entry of named) {
      const unfiltered = unfilteredPath.judge({ entry, content: await this.#contentOf(entry) })
      if (unfiltered !== null) this.#raised.raise(unfilteredPath.id, unfiltered, entry)
    }
  }

  async #contentOf({ path, oid }: Entry): Promise<'public-key' | 'ciphertext' | 'plaintext'> {
    const { blobs, objects } = this.#inspection
    if (path.endsWith('.pub')) {
      const blob = await objects.getUpTo(oid, MAX_PUBLIC_KEY)
      return blob !== null && blob.size <= MAX_PUBLIC_KEY && isPublicKey(blob.content)
        ? 'public-key'
        : 'plaintext'
    }
    const shape = await blobs.look(oid)
    const sealed = shape.kind === 'age' || shape.kind === 'empty'
    return sealed || (await isForeignCiphertext(objects, path, oid)) ? 'ciphertext' : 'plaintext'
  }
}

function policyEntry({ commit, tip, state, change }: Step): Entry {
  const { mode, oid } = state.policy ?? { mode: '000000', oid: '' }
  const origin = change === null ? 'brought' : change.parents.length > 1 ? 'merged' : 'brought'
  return { commit, path: POLICY_PATH, mode, oid, origin, tip, settled: false, state }
}
