import type { Unreadable } from './entry-scanner.ts'
import type { Meaning } from './secret.ts'

/** What kind of place something was found in. */
export type PlaceKind = 'store' | 'eval-cache' | 'cache' | 'git-cache' | 'build-log'

/** One file (or directory of git objects) that holds something of a secret. */
export interface Found {
  readonly kind: PlaceKind
  /** Absolute, one character a byte. */
  readonly path: string
  readonly in: 'content' | 'name' | 'target' | 'objects'
  readonly meanings: readonly Meaning[]
}

/** What looking at some places gave. */
export interface Look {
  readonly found: readonly Found[]
  readonly unreadable: readonly Unreadable[]
  /** Files, logs or stores of objects that were looked at. */
  readonly files: number
}
