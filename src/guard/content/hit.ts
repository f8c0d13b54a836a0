/** Something that was found in the bytes of a file. */
export interface ContentHit {
  /** In bytes, from the beginning of the file. */
  readonly offset: number
  /** What it is, in words of a closed list (`age identity`, `GitLab token`); never bytes of the file. */
  readonly what: string
}
