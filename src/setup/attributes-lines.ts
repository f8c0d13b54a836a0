import { NixsecretError } from '../errors.ts'

/** What is protected where nobody says otherwise. */
export const DEFAULT_PATH = 'secrets/**'

/**
 * The lines of `.gitattributes` for a pattern: it is encrypted, and public halves below it stay readable.
 * `-text`: git must convert no line ends in what it hands to the filter.
 * @param glob as gitattributes has patterns
 * @throws NixsecretError `usage` for what git would take otherwise, or not at all
 */
export function attributesLines(glob: string, driver: 'nixsecret' | 'nixsecret-sealed'): string[] {
  if (glob === '' || /[\0\n\r]/.test(glob)) throw new NixsecretError('usage', '--path needs a pattern')
  if (glob.startsWith('!')) {
    throw new NixsecretError(
      'usage',
      'git has no patterns with ! in .gitattributes; name what is to be encrypted',
    )
  }
  const pattern = glob.endsWith('/') ? `${glob}**` : glob
  const line = `${quote(pattern)} filter=${driver} diff=nixsecret merge=nixsecret -text`
  if (!pattern.endsWith('/**')) return [line]
  return [line, `${quote(`${pattern}/*.pub`)} !filter !diff !merge !text`]
}

/** Appends the lines that are not there yet; everything else stays as it is. */
export function withLines(text: string, lines: readonly string[]): string {
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()))
  const missing = lines.filter((line) => !present.has(line))
  if (missing.length === 0) return text
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  return `${text}${gap}${missing.join('\n')}\n`
}

// See https://git-scm.com/docs/gitattributes: patterns that begin with a double quote are quoted in C style.
function quote(pattern: string): string {
  if (!/[\s"#]|^\\/.test(pattern)) return pattern
  return `"${pattern.replace(/[\\"]/g, '\\$&').replace(/\t/g, '\\t')}"`
}
