/**
 * What went wrong, as a closed list that callers may branch on:
 * `usage` wrong command line; `git` a git command failed; `policy` nixsecret.toml; `recipient` a public key;
 * `identity` a private key; `passphrase` a passphrase was needed or wrong; `format` not a valid age file;
 * `refused` we will not do it, because it could leak or lose a secret; `missing` something named is not there;
 * `io` the file system.
 */
export type ErrorCode =
  | 'usage'
  | 'git'
  | 'policy'
  | 'recipient'
  | 'identity'
  | 'passphrase'
  | 'format'
  | 'refused'
  | 'missing'
  | 'io'

/** A fault to tell the user about. Anything else that is thrown is a bug of ours. Messages never hold secret bytes. */
export class NixsecretError extends Error {
  // The program is bundled into several files, each with a copy of this class: the name tells, not the copy.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'NixsecretError'
  }

  readonly code: ErrorCode
  /** Commands to paste, one each; printed as `hint:` lines. */
  readonly hints: readonly string[]

  /**
   * @param message lower case, no full stop; untrusted names already escaped
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hints?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'NixsecretError'
    this.code = code
    this.hints = options.hints ?? []
  }
}
