import { Accepted } from './accepted.ts'
import { loadTrust, type TrustPlace, trustStamp } from './trust-state.ts'

/** What is accepted, read again where it changed: a process of ours may outlive a change, as in a rebase. */
export class TrustSource {
  readonly #place: TrustPlace
  #stamp: string | null = null
  #accepted: Promise<Accepted> | null = null

  constructor(place: TrustPlace) {
    this.#place = place
  }

  current(): Promise<Accepted> {
    const stamp = trustStamp(this.#place)
    if (this.#accepted === null || stamp !== this.#stamp) {
      this.#stamp = stamp
      this.#accepted = Accepted.of(loadTrust(this.#place))
    }
    return this.#accepted
  }
}
