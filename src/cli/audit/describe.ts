import type { BytePath } from '../../byte-path.ts'
import { displayPath, displayText } from '../../byte-path.ts'
import type { Found } from '../../store/audit/found.ts'
import type { Leak } from '../../store/audit/leak.ts'
import type { Meaning } from '../../store/audit/secret.ts'
import type { ShownPaths } from './shown-path.ts'

/** Lines of a secret that are named. */
const MOST_LINES = 12

const FORM_WORDS: Readonly<Partial<Record<Meaning['form'], string>>> = {
  aterm: 'escaped as in a .drv file',
  json: 'escaped as in JSON',
  'json-in-aterm': 'escaped as in JSON, in a .drv file',
  shell: 'quoted for a shell',
  base64: 'in base64',
}

/** A leak as lines for people; the first is the place. */
export function describeLeak({ place, files, roots }: Leak, paths: ShownPaths): string[] {
  const lines = [displayPath(paths.of(place) as BytePath)]
  for (const file of files) {
    const below = file.path.startsWith(`${place}/`)
      ? `${shownBelow(paths.of(file.path), paths.of(place))}: `
      : ''
    for (const text of describeFound(file)) lines.push(`  ${below}${text}`)
  }
  if (roots === null) lines.push('  it is not known which roots hold it')
  else for (const root of roots) lines.push(`  held by ${displayText(root)}`)
  return lines
}

function shownBelow(path: string, place: string): string {
  return displayPath(path.slice(place.length + 1) as BytePath)
}

/** What one file holds, a text for each secret. */
export function describeFound({ in: where, meanings }: Found): string[] {
  const texts = new Map<string, Meaning[]>()
  for (const meaning of meanings) {
    const key = `${meaning.secret.kind} ${meaning.secret.path}`
    texts.set(key, [...(texts.get(key) ?? []), meaning])
  }
  const prefix = where === 'name' ? 'its name holds ' : where === 'target' ? 'what it links to holds ' : ''
  return [...texts.values()].map((found) => prefix + describeSecret(found))
}

function describeSecret(meanings: readonly Meaning[]): string {
  const [first] = meanings as [Meaning]
  const name = displayPath(first.secret.path)
  const what = first.secret.kind === 'private-key' ? `the private key ${name}` : name
  const whole = meanings.find(({ form }) => form === 'file')
  if (whole !== undefined) return `all of ${what}${asOf(whole)}`
  // The newest content that it is in is the one to tell of.
  const same = meanings.filter(({ version }) => version === first.version)
  const lines = [...new Set(same.flatMap(({ line }) => (line === null ? [] : [line])))].sort((a, b) => a - b)
  const forms = [...new Set(same.map(({ form }) => form))]
  const words = forms.includes('text')
    ? ''
    : ` (${forms.flatMap((form) => FORM_WORDS[form] ?? []).join('; ')})`
  return `${what}${nameLines(lines)}${asOf(first)}${words}`
}

function nameLines(lines: readonly number[]): string {
  if (lines.length === 0) return ', a part of it'
  const named = lines.slice(0, MOST_LINES).join(', ')
  const more = lines.length > MOST_LINES ? ` and ${lines.length - MOST_LINES} more` : ''
  return `, line${lines.length === 1 ? '' : 's'} ${named}${more}`
}

function asOf({ version }: Meaning): string {
  return /^[0-9a-f]{7,}$/.test(version) ? ` as of ${version}` : ''
}
