import { createHash } from 'node:crypto'

/** Type of the stanza that carries {@link recipientsDigest} in a blob's header. */
export const STANZA_TYPE = 'git-nixsecret/v1'

/**
 * Names a set of recipients: SHA-256 over the keys without duplicates, sorted by bytes, each followed by a line
 * feed; its first 16 bytes in base64 without padding (22 characters). See "The blob" in docs/format.md.
 * @param canonicalKeys public keys in canonical form, without comment; any order
 */
export function recipientsDigest(canonicalKeys: readonly string[]): string {
  // Keys are ASCII, so JavaScript's order by UTF-16 unit is the order by bytes.
  const sorted = [...new Set(canonicalKeys)].sort()
  const hash = createHash('sha256')
  for (const key of sorted) hash.update(`${key}\n`, 'utf8')
  return hash.digest().subarray(0, 16).toString('base64').replace(/=+$/, '')
}
