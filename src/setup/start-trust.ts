import { acceptPresent } from '../blob/trust/accept.ts'
import { canonical } from '../blob/trust/canonical.ts'
import { withPresent } from '../blob/trust/present.ts'
import { loadTrust } from '../blob/trust/trust-state.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'
import { type Change, comparePolicies } from '../policy/compare-policies.ts'
import type { Policy } from '../policy/policy.ts'
import { readersOf } from '../policy/readers-of.ts'

/** Who reads what, as it was taken for the start. */
export interface TrustStart {
  /** In the policy's order, with their keys in canonical form; those who read nothing yet are left out where others do. */
  readonly readers: readonly { readonly name: string; readonly key: string; readonly files: number }[]
  /** What else was taken for accepted: hosts, exceptions, plaintext for the store. */
  readonly others: readonly Change[]
  /** Protected files. */
  readonly files: number
}

/**
 * Takes what holds in a clone as accepted, if nothing ever was: what comes later is held against it.
 * @returns null where something was accepted before, or there is no policy; the fault where that can't be
 */
export async function startTrust(repo: Repository): Promise<TrustStart | NixsecretError | null> {
  const { state, problem } = loadTrust(repo)
  if (state !== null) return null
  if (problem !== null)
    return new NixsecretError('refused', `nothing is accepted: ${problem}`, {
      hints: ['git nixsecret trust'],
    })
  try {
    return await withPresent(repo, async (present) => {
      if (present.policy === null) return null
      await acceptPresent(present)
      const paths = [...present.files.keys()]
      const others = comparePolicies([], present.policy, { paths, canonical })
      return {
        readers: countReaders(present.policy, paths),
        others: others.filter(({ kind }) => kind !== 'reader'),
        files: paths.length,
      }
    })
  } catch (fault) {
    if (fault instanceof NixsecretError && (fault.code === 'policy' || fault.code === 'io')) return fault
    throw fault
  }
}

function countReaders(policy: Policy, files: readonly BytePath[]): TrustStart['readers'] {
  const counts = new Map<string, number>()
  for (const path of files) {
    for (const name of readersOf(policy, path) ?? []) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const named = new Set([...policy.rules, policy.default].flatMap(({ to }) => to ?? []))
  return [...policy.recipients]
    .filter(([name]) => (files.length === 0 ? named.has(name) : counts.has(name)))
    .map(([name, key]) => ({ name, key: canonical(key), files: counts.get(name) ?? 0 }))
}
