import { displayText } from '../byte-path.ts'

const LONGEST = 60
const LIKE_A_KEY = /^(?:age1|age-|ssh-|ecdsa-|sk-|sha256|md5)/i

/**
 * A name of the policy for people: cut where it is over-long, and one that reads like a key, or like the fingerprint of
 * one, in quotes and said to be none. Whoever writes the policy chooses its names; keys are what is to be compared.
 */
export function shownName(name: string): string {
  const cut = displayText(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name)
  if (!LIKE_A_KEY.test(name)) return cut
  return `${cut.startsWith('"') ? cut : `"${cut}"`} (a name, no key)`
}
