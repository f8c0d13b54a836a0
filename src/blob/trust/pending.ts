import type { BytePath } from '../../byte-path.ts'
import type { Repository } from '../../git/repository.ts'
import type { Change, MovedChange, UnprotectedChange } from '../../policy/change.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import { namesOfKeys } from '../../policy/names-of-keys.ts'
import { readersOf } from '../../policy/readers-of.ts'
import { PatternRelations } from '../../policy/relate-patterns.ts'
import { readersFor } from '../readers.ts'
import { Accepted } from './accepted.ts'
import { attributesDifference } from './attributes/attributes-difference.ts'
import { lostProtection } from './attributes/lost-protection.ts'
import { canonical } from './canonical.ts'
import { exposedByMove } from './moved/exposed-by-move.ts'
import type { FormerBlob } from './moved/former-blob.ts'
import { knownByTags } from './moved/known-by-tags.ts'
import { readFormer } from './moved/read-former.ts'
import { type Present, withPresent } from './present.ts'

/** How what holds here differs from what was accepted. */
export interface Pending {
  /** What is to be accepted; none: all is. */
  readonly gains: readonly Change[]
  /** What was taken away since, which needs no acceptance. */
  readonly losses: readonly Change[]
  /** Whether nothing at all was accepted yet. */
  readonly first: boolean
  /** Why what was accepted is not known any more. */
  readonly problem: string | null
}

/**
 * Holds the policy, the attributes and the ciphertext of this work tree against what was accepted.
 * @throws NixsecretError `policy` where the policy does not parse
 */
export function pending(repo: Repository): Promise<Pending> {
  return withPresent(repo, async (present) =>
    pendingHere(present, await Accepted.load(present, present.policy)),
  )
}

/** The same of what was looked at. */
export async function pendingHere(present: Present, accepted: Accepted): Promise<Pending> {
  const { policy, files } = present
  const paths = [...files.keys()]
  const options = { paths, canonical, relations: new PatternRelations() }
  const first = accepted.state === null
  const gains: Change[] = policy === null ? [] : comparePolicies(accepted.policies, policy, options)
  gains.push(...(await unprotected(present, accepted)), ...(await moved(present, accepted)))
  const [last] = accepted.policies
  const losses = last === undefined || policy === null ? [] : comparePolicies([policy], last, options)
  return { gains, losses, first, problem: accepted.problem }
}

/** Lines of `.gitattributes` that may have taken protection away, and the files that lost it. */
export async function unprotected(present: Present, { state }: Accepted): Promise<UnprotectedChange[]> {
  if (state === null) return []
  const lines = attributesDifference(state.attributes, present.attributes)
  const { lost, opened } = await lostProtection(state, present)
  return withPaths(withPaths(lines, 'git', lost), 'work tree', opened)
}

/** The files are told with the first line that may have done it. */
function withPaths(
  lines: readonly UnprotectedChange[],
  opens: UnprotectedChange['opens'],
  paths: readonly BytePath[],
): UnprotectedChange[] {
  if (paths.length === 0) return [...lines]
  const at = lines.findIndex((line) => line.opens === opens)
  const file = lines[0]?.file ?? ('.gitattributes' as BytePath)
  const line = lines[at] ?? { kind: 'unprotected', opens, file, line: '', gone: false }
  return [{ ...line, paths }, ...lines.filter((_, i) => i !== at)]
}

/** Ciphertext that is not what was accepted at its path, and that the path lays open to more than could read it. */
async function moved(present: Present, accepted: Accepted): Promise<MovedChange[]> {
  const { policy, files } = present
  const { state } = accepted
  if (policy === null || state === null) return []
  const places = new Map([...state.paths].map(([path, oid]) => [oid, path]))
  const changes: MovedChange[] = []
  for (const [path, former] of await unknownBlobs(present, accepted)) {
    const keys = accepted.movedKeys(policy, path, former)
    if (keys.length === 0) continue
    const from = places.get(files.get(path) ?? '') ?? null
    const names = namesOfKeys(policy, keys, canonical)
    changes.push({ kind: 'moved', opens: 'readers', path, from, keys, names })
  }
  for (const [path, { opens, from }] of await exposedByMove(files, accepted, policy, present))
    changes.push({ kind: 'moved', opens, path, from, keys: [], names: [] })
  return changes
}

/** Ciphertext of protected files that is not what was accepted at its path. */
export async function unknownBlobs(
  present: Present,
  { state }: Accepted,
): Promise<Map<BytePath, FormerBlob>> {
  const { policy, files, catFile } = present
  const found = new Map<BytePath, FormerBlob>()
  for (const [path, oid] of files) {
    if (policy === null || state === null || state.paths.get(path) === oid) continue
    const readers = readersOf(policy, path) === null ? null : readersFor(policy, path)
    const former = await readFormer(catFile, path, oid, readers)
    if (former !== null)
      found.set(path, readers === null ? former : await knownByTags(former, path, readers, present))
    // Not fetched, in a partial clone: for whom it is shows once it is here.
    else if ((await catFile.info(oid)) === null) found.set(path, { oid, digest: null, keys: null, marks: [] })
  }
  return found
}
