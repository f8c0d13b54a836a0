import { inspectBlob } from '../age/inspect.ts'
import type { Readers } from '../blob/readers.ts'
import { Accepted, notAccepted, TRUST_HINTS } from '../blob/trust/accepted.ts'
import { ageIdsOf } from '../blob/trust/moved/age-ids.ts'
import { type FormerBlob, formerBlob } from '../blob/trust/moved/former-blob.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import { pathsOfBlobs } from '../git/paths-of-blobs.ts'
import type { Policy } from '../policy/policy.ts'
import { namedByRule } from '../policy/readers-of.ts'
import type { ImportPlace } from './import-place.ts'
import type { ImportedSecret } from './import-plan.ts'
import type { ReaderBook } from './reader-book.ts'

/** A secret whose readers the source names. */
interface Named {
  readonly path: BytePath
  /** Where its ciphertext is. */
  readonly from: BytePath
  readonly wanted: Readers
  /** By which ids git may know its ciphertext; none where the plaintext comes from elsewhere. */
  readonly ids: readonly string[]
  readonly former: FormerBlob | null
}

/**
 * Refuses readers that a source names where the user has accepted fewer: of the path, of the ciphertext itself, or of
 * another path that it was at. Who can push can write such a source, and move ciphertext below other readers; the user's
 * own word is only what it says of what never was ours.
 * @throws NixsecretError `refused`
 */
export async function refuseWidened(
  place: ImportPlace,
  policy: Policy | null,
  secrets: readonly ImportedSecret[],
  book: ReaderBook,
): Promise<void> {
  const accepted = await Accepted.load(place, policy)
  const { state } = accepted
  if (state === null) return
  if (policy === null)
    throw new NixsecretError('refused', 'the nixsecret.toml that you have accepted is gone', {
      hints: ['git log -p --diff-filter=D -- :/nixsecret.toml', 'git nixsecret init    # to begin anew'],
    })
  const named: Named[] = []
  for (const secret of secrets) named.push(...(await lookAt(secret, book, place)))
  const ever = await pathsOfBlobs(new Set(named.flatMap(({ ids }) => ids)), place.git)
  const now = [...state.paths]
  for (const one of named) {
    const { path, from, wanted, ids } = one
    const known = now.flatMap(([other, oid]) => (ids.includes(oid) ? [other] : []))
    const former = ids.flatMap((id) => [...(ever?.get(id) ?? [])])
    // Where history does not tell, it may have been anywhere.
    const own = state.paths.has(path) || ever === null ? [path] : []
    const source = state.paths.has(from) ? [from] : []
    // At another path it was for whom that path is, `[default]` if no rule names it; where it lies it may be new to us.
    const ours = [...own, ...source, ...known, ...former.filter((other) => other !== from || isOurs(other))]
    const limits = [...new Set(ours)].map((other) => accepted.keysOf(other))
    const all = [...limits, ...sealedFor(one, accepted, policy)]
    const beyond = wanted.recipients.filter(({ canonical }) => all.some((keys) => !keys.has(canonical)))
    if (beyond.length === 0) continue
    const names = [...new Set(beyond.map(({ canonical }) => book.nameOf(canonical)))]
    const { message } = notAccepted(`${displayPath(path)}: `, accepted, names)
    throw new NixsecretError('refused', message, { hints: [SAY_SO, ...TRUST_HINTS] })
  }

  function isOurs(path: BytePath): boolean {
    return state?.paths.has(path) === true || accepted.policies.some((one) => namedByRule(one, path))
  }
}

const SAY_SO = 'vi nixsecret.toml    # if they are to read it, say so there first'

/** For whom the ciphertext was sealed, as far as it tells. */
function sealedFor(
  { from, former, wanted }: Named,
  accepted: Accepted,
  policy: Policy,
): ReadonlySet<string>[] {
  const { state } = accepted
  if (former === null || state?.paths.get(from) === former.oid) return []
  const { digest, marks } = former
  if (digest !== null && digest !== wanted.digest) return [accepted.keysBehind(digest, policy) ?? new Set()]
  return marks.flatMap((mark) => {
    const keys = state?.sets.get(mark)
    return keys === undefined ? [] : [new Set(keys)]
  })
}

async function lookAt(
  { path, readers, sealed, source }: ImportedSecret,
  book: ReaderBook,
  { repo }: ImportPlace,
): Promise<Named[]> {
  if (readers === null) return []
  let wanted: Readers
  try {
    wanted = book.readersOf(readers)
  } catch (fault) {
    // It is left out later, with the reason.
    if (fault instanceof NixsecretError) return []
    throw fault
  }
  const from = source?.path ?? path
  const content = source?.content ?? sealed
  if (content === null) return [{ path, from, wanted, ids: [], former: null }]
  const whole = Buffer.from(content.buffer, content.byteOffset, content.length)
  const oid = blobId(whole, repo.objectFormat)
  const former = await formerBlob(from, { oid, shape: inspectBlob(whole, whole.length), whole }, wanted)
  return [{ path, from, wanted, ids: ageIdsOf(whole, repo.objectFormat), former }]
}
