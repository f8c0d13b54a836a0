import type { BytePath } from '../../../byte-path.ts'
import type { Policy } from '../../../policy/policy.ts'
import { readersOf } from '../../../policy/readers-of.ts'
import { readersFor } from '../../readers.ts'
import { type Accepted, readerSets } from '../accepted.ts'
import { unknownBlobs } from '../pending.ts'
import type { Present } from '../present.ts'
import type { TrustState } from '../trust-state.ts'
import { exposedByMove } from './exposed-by-move.ts'
import { readFormer } from './read-former.ts'

/**
 * Which ciphertext counts as accepted at which path: what did so far, and what is new, opens for all who are accepted
 * there, and is laid open to nobody else by the path. Files that lost their protection stay, so that it shows; files that are gone go.
 */
export async function knownPaths(present: Present, accepted: Accepted): Promise<Map<BytePath, string>> {
  const { policy, files, tracked } = present
  const known = new Map<BytePath, string>()
  for (const [path, oid] of accepted.state?.paths ?? []) if (tracked.has(path)) known.set(path, oid)
  if (policy === null) return known
  const unknown = await unknownBlobs(present, accepted)
  const exposed = await exposedByMove(files, accepted, policy, present)
  for (const [path, oid] of files) {
    if (exposed.has(path)) continue
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

/**
 * Adds by which data keys SOPS documents are sealed for whom. What is known of one stays, unless the user accepts all that
 * is there.
 * @param known files that need no look
 */
export async function addDocuments(
  sets: Map<string, readonly string[]>,
  { policy, files, catFile }: Present,
  { known, anew }: { readonly known: ReadonlyMap<BytePath, string>; readonly anew: boolean },
): Promise<void> {
  // Of documents that share one the narrowest counts.
  const found = new Map<string, string[]>()
  for (const [path, oid] of files) {
    if (policy === null || known.get(path) === oid || readersOf(policy, path) === null) continue
    const former = await readFormer(catFile, path, oid, readersFor(policy, path))
    for (const mark of former?.marks ?? []) {
      const keys = former?.keys ?? new Set()
      if (anew || !sets.has(mark))
        found.set(
          mark,
          [...keys].filter((key) => found.get(mark)?.includes(key) ?? true),
        )
    }
  }
  for (const [mark, keys] of found) sets.set(mark, keys)
}
