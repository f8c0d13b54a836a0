import type { Driver } from './check-attr.ts'

/** What is protected where nobody says otherwise. */
export const DEFAULT_PATH = 'secrets/**'

/**
 * The lines of `.gitattributes` for a pattern: it is encrypted, and public halves below it stay readable.
 * `-text`: git must convert no line ends in what it hands to the filter.
 * @param pattern one that git takes as it looks, see `patternsOf`
 */
export function attributesLines(pattern: string, driver: Driver): string[] {
  const line = `${quote(pattern)} filter=${driver} diff=nixsecret merge=nixsecret -text`
  if (!pattern.endsWith('/**')) return [line]
  return [line, `${quote(`${pattern}/*.pub`)} !filter !diff !merge !text`]
}

// See https://git-scm.com/docs/gitattributes: patterns that begin with a double quote are quoted in C style.
function quote(pattern: string): string {
  if (!/[\s"#]|^\\/.test(pattern)) return pattern
  return `"${pattern.replace(/[\\"]/g, '\\$&').replace(/\t/g, '\\t')}"`
}
