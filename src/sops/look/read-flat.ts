import type { SopsItem, SopsMap } from '../tree.ts'

/** Of the names of its own settings. */
const PREFIX = 'sops_'

/**
 * Reads a dotenv file as SOPS writes it: `NAME=value` lines, its own settings as `sops_…`.
 * @returns null where a line is anything else
 */
export function readDotenv(text: string): SopsMap | null {
  const items: SopsItem[] = []
  const own: SopsItem[] = []
  for (const line of text.split('\n').map((one) => one.replace(/\r$/, ''))) {
    if (line.trim() === '') continue
    if (line.startsWith('#')) {
      items.push({ comment: line.slice(1) })
      continue
    }
    const equals = line.indexOf('=')
    if (equals < 1) return null
    const key = line.slice(0, equals)
    const node = { kind: 'scalar', text: line.slice(equals + 1) } as const
    if (key.startsWith(PREFIX)) own.push({ key: key.slice(PREFIX.length), node })
    else items.push({ key, node })
  }
  return { kind: 'map', items: [...items, { key: 'sops', node: { kind: 'map', items: own } }] }
}

/** Without the quotes that an encrypted value may have. */
function bare(value: string): string {
  return /^("""|["'`])(ENC\[[^\]]*\]|)\1$/.exec(value)?.[2] ?? value
}

/**
 * Reads an INI file as SOPS writes it: sections, `name = value` lines, its own settings in `[sops]`.
 * @returns null where a line is anything else
 */
export function readIni(text: string): SopsMap | null {
  const top: SopsItem[] = []
  // Keys before the first section are those of a section without a name.
  let items: SopsItem[] = []
  top.push({ key: 'DEFAULT', node: { kind: 'map', items } })
  const lines = text.split('\n').map((one) => one.trim())
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i] as string
    if (line === '') continue
    // A value over several lines, as keys of OpenPGP are.
    if (/^[^=]+=\s*"""/.test(line))
      while (!line.endsWith('"""') && ++i < lines.length) line += `\n${lines[i]}`
    const section = /^\[([^\]]+)\]$/.exec(line)?.[1]
    const equals = line.search(/[=:]/)
    if (line.startsWith(';') || line.startsWith('#')) items.push({ comment: line.replace(/^[;#]+ ?/, '') })
    else if (section !== undefined) {
      items = []
      top.push({ key: section, node: { kind: 'map', items } })
    } else if (equals > 0)
      items.push({
        key: line.slice(0, equals).trim(),
        node: { kind: 'scalar', text: bare(line.slice(equals + 1).trim()) },
      })
    else return null
  }
  return { kind: 'map', items: top }
}
