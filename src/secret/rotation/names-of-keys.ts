import { parseRecipient } from '../../age/recipient.ts'
import type { ReaderSets } from '../../blob/reader-sets.ts'
import type { Policy } from '../../policy/policy.ts'

/** A key, and what the policy of the time calls it; else what any policy has called it; null where none has it. */
export interface NamedKey {
  readonly key: string
  readonly name: string | null
}

/** Keys by their names in the first policy that has them, else by the latest that any policy has had; sorted. */
export function namesOfKeys(
  keys: readonly string[],
  policies: readonly (Policy | null)[],
  sets: ReaderSets,
): NamedKey[] {
  const names = new Map<string, string>()
  for (const policy of policies)
    for (const [name, key] of policy?.recipients ?? []) {
      const { canonical } = parseRecipient(key)
      if (!names.has(canonical)) names.set(canonical, name)
    }
  return keys
    .map((key) => ({ key, name: names.get(key) ?? sets.namesOf(key)[0] ?? null }))
    .sort((a, b) => ((a.name ?? a.key) < (b.name ?? b.key) ? -1 : 1))
}
