/** Where a path leads that stands in a Nix file. */
export interface NixTarget {
  /** `file`: relative to the directory of the Nix file. `flake`: to the top of the flake (`self`). */
  readonly base: 'file' | 'flake'
  /** Not normalised, without leading slash; bytes as latin1: `../secrets/db`, `.`. */
  readonly path: string
}

/** A text literal in an option that holds a secret. */
export interface InlineSecret {
  readonly kind: 'inline-secret'
  readonly offset: number
  /** As `users.users.*.password`: names as written, computed ones as `*`. Untrusted: escape before printing. */
  readonly option: string
  /** A hash of a password: no secret by itself, but one to guess at. */
  readonly hash: boolean
}

/** A path literal given to an option that takes a file with a secret. */
export interface FileOption {
  readonly kind: 'file-option'
  readonly offset: number
  readonly option: string
  readonly target: NixTarget
}

/** An expression that reads a file, or copies it to the store, at evaluation. */
export interface EvalRead {
  readonly kind: 'eval-read'
  readonly offset: number
  /**
   * As `builtins.readFile`, `import`, `interpolation`, `builtins.path`, `builtins.fetchGit`; `src` and `source`: given to
   * an attribute of that name; `path`: a path that stands somewhere, of which it is not known that it is read at all.
   */
  readonly how: string
  readonly target: NixTarget
}

/** A secret brought in at evaluation by a command or a variable. */
export interface EvalCommand {
  readonly kind: 'eval-command'
  readonly offset: number
  /** As `builtins.exec`, `extraBuiltins.pass`, `builtins.getEnv "NAME"`. Untrusted. */
  readonly how: string
  /** The file that it shows, where it is our `show` and that is written out; null for everything else. */
  readonly shows: NixTarget | null
}

/** A file that is too deep or too large to be looked at whole, so that nobody can say it is clean. */
export interface Unreadable {
  readonly kind: 'unreadable'
  readonly offset: number
  readonly reason: string
}

/** What a Nix file puts, or may put, in the store; in order of offset. Offsets in bytes (source is latin1). */
export type NixFact = InlineSecret | FileOption | EvalRead | EvalCommand | Unreadable
