/** Ids in one file, and its size in bytes; more is none of pass's. */
const IDS_LIMIT = 1000
export const GPG_ID_LIMIT = 1 << 20

/**
 * The GPG ids of a `.gpg-id` file: one a line, `#` begins a comment, as pass reads it.
 * @see https://git.zx2c4.com/password-store/tree/src/password-store.sh (`set_gpg_recipients`)
 */
export function parseGpgIds(text: string): string[] {
  const ids = text
    .split('\n')
    .map((line) => line.replace(/#.*$/s, '').trim())
    .filter(Boolean)
  return [...new Set(ids)].slice(0, IDS_LIMIT)
}
