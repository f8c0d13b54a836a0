/** What storing did. */
export interface Stored {
  readonly oid: string
  /** Whether it is an empty file, which is stored as it is. */
  readonly empty: boolean
  /** Whether git had just this plaintext for just these readers already. */
  readonly unchanged: boolean
}
