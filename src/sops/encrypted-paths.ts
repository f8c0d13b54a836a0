import { linearRegex } from './linear-regex.ts'
import { RULE_NAMES } from './rule-names.ts'
import { entryOf, type SopsMap } from './tree.ts'

const DEFAULT_SUFFIX = '_unencrypted'
/** Names that are matched at most, as a bound on the time. */
const MAX_NAMES = 100_000
const MAX_NAME = 1024

/**
 * Whether SOPS encrypts what stands at a path.
 * @param comments those before it, of each map or list around it, outermost first
 */
export type IsEncrypted = (
  path: readonly string[],
  comments: readonly (readonly string[])[],
  isComment: boolean,
) => boolean

/**
 * What the settings in a document's own metadata leave as plaintext
 * (`shouldBeEncrypted` of https://github.com/getsops/sops/blob/main/sops.go).
 * @returns null where they are not understood
 */
export function encryptedPaths(metadata: SopsMap): IsEncrypted | null {
  const given = RULE_NAMES.flatMap((name) => {
    const node = entryOf(metadata, name)
    return node === null || (node.kind === 'scalar' && (node.text ?? '') === '') ? [] : [{ name, node }]
  })
  const [setting] = given
  if (given.length > 1) return null
  if (setting === undefined) return (path) => !path.some((name) => name.endsWith(DEFAULT_SUFFIX))
  const value = setting.node.kind === 'scalar' ? setting.node.text : null
  if (value === null) return null
  const { name } = setting
  if (name === 'unencrypted_suffix') return (path) => !path.some((part) => part.endsWith(value))
  if (name === 'encrypted_suffix') return (path) => path.some((part) => part.endsWith(value))
  const regex = linearRegex(value)
  if (regex === null) return null
  const matches = remembered(regex)
  if (name === 'unencrypted_regex') return (path) => !path.some(matches)
  if (name === 'encrypted_regex') return (path) => path.some(matches)
  if (name === 'unencrypted_comment_regex')
    return (_, comments) => !comments.some((some) => some.some(matches))
  return (_, comments, isComment) => {
    const all = comments.flat()
    // The comment that says so is not encrypted itself.
    return (isComment ? all.slice(0, -1) : all).some(matches)
  }
}

function remembered(regex: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>()
  return (text) => {
    let answer = known.get(text)
    if (answer !== undefined) return answer
    if (known.size >= MAX_NAMES || text.length > MAX_NAME) throw new RangeError('too many names')
    answer = regex(text)
    known.set(text, answer)
    return answer
  }
}
