import { NixsecretError } from '../../errors.ts'
import { givesNoMore } from '../../policy/compare-policies.ts'
import type { Policy } from '../../policy/policy.ts'
import { policyFrom } from '../policy-from.ts'
import { canonical } from './canonical.ts'

/** Policies that are kept at most. Beyond it nothing is accepted until the user says so again. */
const MOST = 64

/**
 * The accepted policies once one more was seen: what it takes away is taken away, what it gives more is not given. Those
 * that nothing depends on any more are left out.
 * @param texts what was accepted, each of them sound
 * @returns none where they would be too many
 */
export function observedPolicies(texts: readonly string[], text: string): readonly string[] {
  const seen = soundPolicy(text)
  if (seen === null || texts.includes(text) || texts.length === 0) return texts
  const known = texts.map((one) => policyFrom(one))
  if (known.some((one) => givesNoMore(one, seen, canonical))) return texts
  const kept = known.filter((one) => !givesNoMore(seen, one, canonical)).map((one) => one.text)
  return kept.length < MOST ? [...kept, text] : []
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
