/** A key or credential, and where it stands; both from 1. */
export interface Hit {
  readonly rule: 'private-key' | 'credential'
  readonly what: string
  readonly line: number
  readonly column: number
}
