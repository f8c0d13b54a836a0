import type { BytePath } from '../../byte-path.ts'
import type { Form } from './text-forms.ts'

/** Something whose content must not be in the store: a protected file, or a file of private keys. */
export interface Secret {
  readonly kind: 'secret' | 'private-key'
  /** Of a secret, in the repository; of a key, where it lies: absolute. */
  readonly path: BytePath
  /** The policy lets its plaintext into the store, and this user has accepted that, if anything. */
  readonly allowed: boolean
  /** Where a copy of it lies in a directory that was copied with it, whatever directory that was; `''`: nowhere. */
  readonly below: string
}

/** One content that a secret has, or had. */
export interface Plaintext {
  readonly secret: Secret
  /** `work tree`, `index`, `HEAD`, or an abbreviated commit id. */
  readonly version: string
  readonly bytes: Buffer
}

/** What was found in a place, with nothing of the secret itself. */
export interface Meaning {
  readonly secret: Secret
  readonly version: string
  readonly form: Form
  /** The line of the secret, from 1; null for all of it. */
  readonly line: number | null
}
