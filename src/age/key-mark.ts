import { decodePaddedBase64 } from './base64.ts'
import { fingerprint } from './ssh/fingerprint.ts'

// An age1… key has 62 characters; a post-quantum one some 2,000, and nobody compares those.
const LONGEST = 100
const END = 40

/**
 * By what people compare a public key: of an SSH key `SHA256:…`, as `ssh-keygen -l` prints it; of an age key the key
 * itself, and of a long one its beginning and its last 40 characters.
 * @param canonical as `parseRecipient` gives it
 */
export function keyMark(canonical: string): string {
  const [, base64] = /^ssh-\S+ (\S+)$/.exec(canonical) ?? []
  const blob = base64 === undefined ? null : decodePaddedBase64(base64)
  if (blob !== null) return fingerprint(blob)
  if (canonical.length <= LONGEST) return canonical
  return `${canonical.slice(0, canonical.lastIndexOf('1') + 1)}…${canonical.slice(-END)}`
}
