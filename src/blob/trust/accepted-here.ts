import { Accepted } from './accepted.ts'
import { isEnrolled, type TrustPlace } from './trust-state.ts'

/** What this user has accepted, nothing where that is lost; null where nobody was ever asked, as in CI. */
export async function acceptedHere(place: TrustPlace): Promise<Accepted | null> {
  return isEnrolled(place) ? Accepted.load(place) : null
}
