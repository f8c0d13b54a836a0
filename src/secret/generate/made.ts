/** What was made of randomness. */
export interface Made {
  /** Private; whoever stored it fills it with zeros. */
  readonly content: Buffer
  /** The public half as it stands in its file, with a line feed; null where there is none. */
  readonly publicHalf: string | null
  /** In words, for people: `a password of 24 characters`. */
  readonly what: string
  /** Entropy, or the strength of a key. */
  readonly bits: number
}
