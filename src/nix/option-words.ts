const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g

/**
 * The words of an option's or variable's name, lower case: `accessToken`, `ACCESS_TOKEN` and `access-token` are
 * all `access`, `token`.
 */
export function wordsOf(name: string): readonly string[] {
  return (name.match(WORD) ?? []).map((word) => word.toLowerCase())
}
