/** What `secrets.nix` says of one file. */
export interface AgenixRule {
  /** As written: from the directory in which agenix runs. */
  readonly file: string
  /** Public keys as written. */
  readonly publicKeys: readonly string[]
  readonly armor: boolean
}

/** How `secrets.nix` calls keys and lists of keys. */
export interface AgenixNames {
  /** Public key as written → name. */
  readonly keys: ReadonlyMap<string, string>
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[]
}

/** Files that one `secrets.nix` may name, and keys of each: far above what anybody has. */
export const MOST_RULES = 10_000
export const MOST_KEYS = 1000
