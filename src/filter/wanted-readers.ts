import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import { type FormerBlob, formerBlob } from '../blob/trust/moved/former-blob.ts'
import { notExposed } from '../blob/trust/moved/not-exposed.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Format } from '../policy/policy.ts'
import { formatOf } from '../policy/readers-of.ts'
import type { EarlierBlob } from './earlier-blob.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'

/**
 * For whom a path may be sealed: whom the policy names and the user has accepted, or why that is nobody; the format is
 * null where there is no policy. `pending`: the policy says more than is accepted, so that unchanged plaintext keeps its
 * blob, whoever that is for.
 */
export type Wanted =
  | {
      readonly readers: Readers
      readonly format: Format
      readonly pending: boolean
      /** Names in the policy of those who are not accepted. */
      readonly leftOut: readonly string[]
    }
  | {
      readonly readers: null
      readonly format: Format | null
      readonly pending: boolean
      readonly fault: NixsecretError
    }

/** What a plaintext may come from. */
export type Former = () => Promise<readonly (EarlierBlob | null)[]>

/** Only changed plaintext needs a policy, so a fault is handed back and waits until reuse has been tried. */
export async function wantedReaders(
  context: FilterContext,
  path: BytePath,
  earlier: EarlierBlobs,
): Promise<Wanted> {
  return wantedFrom(context, path, async () => {
    const index = await earlier.index()
    const stray = await earlier.stray()
    // In conflict it has both sides: what is HEAD's as a rule, and the other's.
    return index === null ? [await earlier.head(), await earlier.theirs(), stray] : [index, stray]
  })
}

/** The same where it is known what the plaintext comes from. */
export async function wantedFrom(context: FilterContext, path: BytePath, former: Former): Promise<Wanted> {
  let format: Format | null = null
  try {
    const policy = await context.policy.current()
    if (policy === null) {
      const fault = new NixsecretError('policy', 'there is no nixsecret.toml that says for whom to encrypt', {
        hints: ['git nixsecret init'],
      })
      return { readers: null, format, pending: false, fault }
    }
    format = formatOf(policy, path)
    const wanted = readersFor(policy, path)
    const accepted = await context.trust.current(policy)
    const blobs = await Promise.all(
      (await former()).map((blob) => (blob === null ? null : formerOf(context, path, blob, wanted))),
    )
    const where = { accepted, policy, path }
    const restricted = await notExposed(accepted.restrict(policy, path, blobs), where, blobs, {
      catFile: context.catFile,
      repo: context.repo,
      git: {},
    })
    const { readers, format: agreed, pending, newcomers } = restricted
    if (readers !== null) return { readers, format: agreed, pending, leftOut: newcomers }
    return { readers, format: agreed, pending, fault: accepted.refusal(path, restricted) }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { readers: null, format, pending: false, fault }
    throw fault
  }
}

async function formerOf(
  { catFile }: FilterContext,
  path: BytePath,
  blob: EarlierBlob,
  readers: Readers,
): Promise<FormerBlob | null> {
  const { oid, shape, size, mayBeSops } = blob
  const isLarge = blob.whole === null && mayBeSops && size <= MAX_SOPS_SIZE
  const whole = isLarge ? ((await catFile.get(oid))?.content ?? null) : blob.whole
  return formerBlob(path, { oid, shape, whole }, readers)
}

/** What the user should hear of something new that is sealed by it. */
export function withoutNewcomers(wanted: Wanted): { leftOut?: readonly string[] } {
  return wanted.readers === null || wanted.leftOut.length === 0 ? {} : { leftOut: wanted.leftOut }
}
