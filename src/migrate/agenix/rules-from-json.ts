import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type AgenixRule, MOST_KEYS, MOST_RULES } from './agenix-rules.ts'

/**
 * Rules as Nix prints them with `--json`: `{ "FILE": { "publicKeys": ["…"], "armor": false } }`. Other keys are left
 * alone, as agenix leaves them.
 * @param source for messages
 * @throws NixsecretError `format`
 */
export function rulesFromJson(text: string, source: string): AgenixRule[] {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw fault(source, 'is no JSON')
  }
  if (!isObject(data)) throw fault(source, 'is no set of files with their publicKeys')
  const entries = Object.entries(data)
  if (entries.length > MOST_RULES) throw fault(source, `names more than ${MOST_RULES} files`)
  return entries.map(([file, rule]) => {
    const keys = isObject(rule) ? rule.publicKeys : undefined
    if (!Array.isArray(keys) || keys.length > MOST_KEYS || !keys.every((key) => typeof key === 'string'))
      throw fault(source, `${displayText(file)} has no list of publicKeys`)
    return { file, publicKeys: keys, armor: isObject(rule) && rule.armor === true }
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fault(source: string, why: string): NixsecretError {
  return new NixsecretError('format', `${displayText(source)} ${why}`)
}
