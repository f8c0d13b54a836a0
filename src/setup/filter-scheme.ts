/** Tools that encrypt by a filter of git, as "import" calls them. */
export type FilterScheme = 'git-crypt' | 'transcrypt' | 'strongbox'

const BEGINNINGS: readonly (readonly [FilterScheme, string])[] = [
  ['git-crypt', '\0GITCRYPT\0'],
  // What "openssl enc -a" prints: "Salted__" in base64.
  ['transcrypt', 'U2FsdGVkX1'],
  ['strongbox', '# STRONGBOX ENCRYPTED RESOURCE'],
]

/** Which other tool a blob looks encrypted by. Only its beginning is looked at, so it is good for advice, not for a verdict. */
export function filterScheme(blob: Buffer): FilterScheme | null {
  const found = BEGINNINGS.find(([, text]) => blob.subarray(0, text.length).toString('latin1') === text)
  return found?.[0] ?? null
}
