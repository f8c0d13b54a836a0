import type { Policy } from '../../policy/policy.ts'
import { Accepted } from './accepted.ts'
import { currentTrust, type Moment, momentOf, type TrustScene } from './current-trust.ts'

/** What is accepted, read again where it or HEAD changed: a process of ours may outlive a change, as in a rebase. */
export class TrustSource {
  readonly #scene: TrustScene
  #seen: { readonly key: string; readonly policy: string | null } | null = null
  #accepted: Promise<Accepted> | null = null

  constructor(scene: TrustScene) {
    this.#scene = scene
  }

  /**
   * @param policy that is about to hold
   * @throws NixsecretError `git`
   */
  async current(policy: Policy | null): Promise<Accepted> {
    const moment = await momentOf(this.#scene)
    const seen = { key: JSON.stringify(moment), policy: policy?.text ?? null }
    if (this.#accepted === null || seen.key !== this.#seen?.key || seen.policy !== this.#seen.policy) {
      this.#seen = seen
      this.#accepted = this.#load(policy, moment)
    }
    return this.#accepted
  }

  async #load(policy: Policy | null, moment: Moment): Promise<Accepted> {
    return Accepted.of(await currentTrust(this.#scene, policy, moment))
  }
}
