import type { Policy } from '../../policy/policy.ts'
import { Accepted } from './accepted.ts'
import type { TrustScene } from './current-trust.ts'
import { isEnrolled } from './trust-state.ts'

/** What this user has accepted, nothing where that is lost; null where nobody was ever asked, as in CI. */
export async function acceptedHere(scene: TrustScene, policy: Policy | null): Promise<Accepted | null> {
  return isEnrolled(scene.repo) ? Accepted.load(scene, policy) : null
}
