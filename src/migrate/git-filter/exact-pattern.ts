import type { BytePath } from '../../byte-path.ts'

/**
 * The pattern of `.gitattributes` that names one path, and nothing else.
 * @param path below the directory of the file
 * @returns one character a byte
 */
export function exactPattern(path: BytePath): string {
  const pattern = `/${path.replace(/[*?[\\]/g, '\\$&')}`
  if (!/[\s"\x00-\x1f]/.test(pattern)) return pattern
  // C style, see https://git-scm.com/docs/gitattributes
  const quoted = pattern.replace(/["\\]/g, '\\$&')
  return `"${quoted.replace(/[\x00-\x1f]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`
}
