/** Something that has Nix evaluate the work tree as it lies. */
export interface OpenUse {
  /** `FILE:LINE`, or what on this machine it is; for people, escaped. */
  readonly where: string
  /** What it does, as a clause: `runs nix on the open work tree`. */
  readonly what: string
  /** What to write instead. */
  readonly instead: string
}
