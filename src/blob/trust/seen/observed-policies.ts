import { NixsecretError } from '../../../errors.ts'
import { givesNoMore } from '../../../policy/compare-policies.ts'
import type { Policy } from '../../../policy/policy.ts'
import { PatternRelations } from '../../../policy/relate-patterns.ts'
import { policyFrom } from '../../policy-from.ts'
import { canonical } from '../canonical.ts'

/** Policies that are kept at most, and characters of them. Beyond it nothing is accepted until the user says so again. */
const MOST = 16
const MOST_TEXT = 2 << 20
/** Characters of policies that are read for one observation. */
const MOST_READ = 16 << 20

/**
 * What is looked at for one observation, bounded as a whole: whoever pushes may push many policies, and large ones, with
 * little effort.
 */
export class Observation {
  readonly relations = new PatternRelations()
  #policies = new Map<string, Policy | null>()
  #size = 0
  #left = MOST_READ

  /** Whether nothing more can be told. */
  get spent(): boolean {
    return this.relations.spent || this.#left <= 0
  }

  /** See {@link soundPolicy}; what was read a moment ago is known. */
  sound(text: string): Policy | null {
    let policy = this.#policies.get(text)
    if (policy === undefined) {
      policy = soundPolicy(text)
      this.#left -= text.length
      this.#size += text.length
      if (this.#size > 2 * MOST_TEXT) {
        this.#policies = new Map()
        this.#size = text.length
      }
      this.#policies.set(text, policy)
    }
    return policy
  }

  givesNoMore(policy: Policy, than: Policy): boolean {
    return givesNoMore(policy, than, { canonical, relations: this.relations })
  }
}

/**
 * The accepted policies once one more was seen: what it takes away is taken away, what it gives more is not given. Those
 * that nothing depends on any more are left out.
 * @param texts what was accepted, each of them sound
 * @returns none where they would be too many, or too much was looked at to tell
 */
export function observedPolicies(
  texts: readonly string[],
  text: string,
  at: Observation = new Observation(),
): readonly string[] {
  if (texts.includes(text) || texts.length === 0) return texts
  if (at.spent) return []
  const seen = at.sound(text)
  if (seen === null) return texts
  const known = texts.map((one) => at.sound(one) ?? policyFrom(one))
  if (known.some((one) => at.givesNoMore(one, seen))) return texts
  const kept = known.filter((one) => !at.givesNoMore(seen, one)).map((one) => one.text)
  const size = kept.reduce((sum, one) => sum + one.length, text.length)
  return kept.length < MOST && size <= MOST_TEXT && !at.spent ? [...kept, text] : []
}

/** A policy, or null for a text that is none: it gives nobody anything, but nobody meant that. */
export function soundPolicy(text: string): Policy | null {
  try {
    return policyFrom(text)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
