import { type BytePath, pathBytes } from '../byte-path.ts'

/** Bytes; git ignores longer lines of attributes, and the policy longer patterns. */
const LONGEST = 900

/**
 * The pattern that names one path and nothing else, in `.gitattributes` as in the policy.
 * @returns null where there is none: the name is no UTF-8, holds a line break or another control, or is too long
 */
export function escapePattern(path: BytePath): string | null {
  const bytes = pathBytes(path)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes) || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return null
  const pattern = `/${text.replace(/[*?[\]\\{}()!+@ ]/g, '\\$&')}`
  return Buffer.byteLength(pattern) > LONGEST ? null : pattern
}
