import { decodePaddedBase64 } from './base64.ts'
import { fingerprint } from './ssh/fingerprint.ts'

// A post-quantum key has some 2,000 characters, which nobody compares.
const POST_QUANTUM = 'age1pq1'
const END = 40

/**
 * By what people compare a public key: of an SSH key `SHA256:…`, as `ssh-keygen -l` prints it; of an age key the key
 * itself, and of a post-quantum one its last 40 characters: they are of its X25519 half, without whose private key nothing
 * opens. A key of a plugin is never cut, since who makes one may choose its end: what a plugin puts there is its own affair.
 * @param canonical as `parseRecipient` gives it
 */
export function keyMark(canonical: string): string {
  const [, base64] = /^ssh-\S+ (\S+)$/.exec(canonical) ?? []
  const blob = base64 === undefined ? null : decodePaddedBase64(base64)
  if (blob !== null) return fingerprint(blob)
  return canonical.startsWith(POST_QUANTUM) ? `${POST_QUANTUM}…${canonical.slice(-END)}` : canonical
}
