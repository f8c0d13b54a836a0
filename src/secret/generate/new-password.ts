import { randomInt } from 'node:crypto'
import type { Made } from './made.ts'

/** What needs no quotes in a shell, an URL, YAML, a connection string or a unit file. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Letters and digits, each as likely as any other; no line feed at the end, since many programs take one for a part. */
export function newPassword(length: number): Made {
  const content = Buffer.alloc(length)
  // randomInt draws again where a remainder would favour some.
  for (let i = 0; i < length; i++) content[i] = ALPHABET.charCodeAt(randomInt(ALPHABET.length))
  const bits = length * Math.log2(ALPHABET.length)
  return { content, publicHalf: null, what: `a password of ${length} characters`, bits }
}
