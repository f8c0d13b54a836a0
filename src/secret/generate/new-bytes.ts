import { randomBytes } from 'node:crypto'
import type { Made } from './made.ts'

/** Random bytes in hexadecimal or padded base64, without a line feed at the end. */
export function newBytes(encoding: 'hex' | 'base64', length: number): Made {
  const bytes = randomBytes(length)
  const content = Buffer.from(bytes.toString(encoding))
  bytes.fill(0)
  return { content, publicHalf: null, what: `${length} bytes in ${encoding}`, bits: 8 * length }
}
