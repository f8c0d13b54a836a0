import { acceptPresent, noPolicy } from '../blob/trust/accept.ts'
import { Accepted } from '../blob/trust/accepted.ts'
import { type Made, whoMade } from '../blob/trust/history/who-made.ts'
import { type Pending, pendingHere } from '../blob/trust/pending.ts'
import { type Present, withPresent } from '../blob/trust/present.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'
import type { Change } from '../policy/change.ts'

/** What differs from what was accepted, with all that somebody wants to know who is asked. */
export interface Review extends Pending {
  readonly made: ReadonlyMap<Change, Made>
  /** What `acceptReviewed` takes: nothing else is accepted by it. */
  readonly seal: string
}

/**
 * Looks at what is to be accepted here.
 * @throws NixsecretError `policy` where the policy does not parse
 */
export function review(repo: Repository): Promise<Review> {
  return withPresent(repo, async (present) => {
    const accepted = await Accepted.load(present, present.policy)
    const found = await pendingHere(present, accepted)
    if (found.first && present.policy === null) throw noPolicy()
    const made = found.gains.length === 0 ? new Map() : await whoMade(present, accepted, found.gains)
    return { ...found, made, seal: sealOf(present, accepted, found) }
  })
}

/**
 * Accepts what was reviewed, and only that.
 * @throws NixsecretError `refused` where something changed since
 */
export function acceptReviewed(repo: Repository, { seal }: Review): Promise<void> {
  return withPresent(repo, async (present) => {
    const accepted = await Accepted.load(present, present.policy)
    if (sealOf(present, accepted, await pendingHere(present, accepted)) !== seal)
      throw new NixsecretError(
        'refused',
        'the policy, the attributes or the secrets changed while they were shown',
        {
          hints: ['git nixsecret trust'],
        },
      )
    await acceptPresent(present)
  })
}

/** Everything that acceptance takes over, or that decides what was shown. */
function sealOf({ policy, attributes, files }: Present, { state }: Accepted, { gains }: Pending): string {
  return JSON.stringify([policy?.text, [...attributes], [...files], state?.policies, gains])
}
