import type { BytePath } from '../../byte-path.ts'
import type { Policy } from '../../policy/policy.ts'
import { type Accepted, readerSets } from './accepted.ts'
import { unknownBlobs } from './pending.ts'
import type { Present } from './present.ts'
import type { TrustState } from './trust-state.ts'

/**
 * Which ciphertext counts as accepted at which path: what did so far, and what is new and opens for all who are accepted
 * there. Files that lost their protection stay, so that it shows; files that are gone go.
 */
export async function knownPaths(present: Present, accepted: Accepted): Promise<Map<BytePath, string>> {
  const { policy, files, tracked } = present
  const known = new Map<BytePath, string>()
  for (const [path, oid] of accepted.state?.paths ?? []) if (tracked.has(path)) known.set(path, oid)
  if (policy === null) return known
  const unknown = await unknownBlobs(present, accepted)
  for (const [path, oid] of files) {
    const former = unknown.get(path)
    if (former === undefined || accepted.movedKeys(policy, path, former).length === 0) known.set(path, oid)
  }
  return known
}

/** Sets of readers that are remembered by their digest, the newest last. */
export function withSets(
  state: TrustState | null,
  policies: readonly Policy[],
): Map<string, readonly string[]> {
  const sets = new Map(state?.sets)
  for (const policy of policies) {
    for (const [digest, keys] of readerSets(policy)) {
      sets.delete(digest)
      sets.set(digest, [...keys])
    }
  }
  return sets
}
