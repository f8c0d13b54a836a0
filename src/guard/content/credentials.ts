import type { ContentHit } from './hit.ts'
import { OWN_HINTS, ownTokens } from './own-tokens.ts'
import { SECRETLINT_HINTS, secretlintHits } from './secretlint-rules.ts'
import { URL_HINT, urlPasswords } from './url-passwords.ts'

/** Bytes that are looked at together; pieces overlap by more than the longest token. */
const PIECE = 4 << 20
const OVERLAP = 16 << 10

const SECRETLINT = Object.entries(SECRETLINT_HINTS).map(([name, hint]) => ({ name, hint: new RegExp(hint) }))
const ANY_SECRETLINT = new RegExp(Object.values(SECRETLINT_HINTS).join('|'))
const OWN = new RegExp([...OWN_HINTS, URL_HINT].join('|'))

/**
 * Tokens of providers, and passwords in URLs: secretlint's rules, and our own. Secretlint is loaded only when a
 * cheap look has seen something that one of its rules could find.
 * @returns in the order in which they stand
 */
export async function credentials(content: Buffer): Promise<ContentHit[]> {
  const hits = new Map<string, ContentHit>()
  for (let start = 0; start < content.length; start += PIECE) {
    const text = content.toString('latin1', start, Math.min(content.length, start + PIECE + OVERLAP))
    for (const { offset, what } of await lookAt(text))
      hits.set(`${start + offset} ${what}`, { offset: start + offset, what })
  }
  return [...hits.values()].sort((a, b) => a.offset - b.offset)
}

async function lookAt(text: string): Promise<readonly ContentHit[]> {
  const own = OWN.test(text) ? [...ownTokens(text), ...urlPasswords(text)] : []
  if (!ANY_SECRETLINT.test(text)) return own
  const names = SECRETLINT.filter(({ hint }) => hint.test(text)).map(({ name }) => name)
  return [...own, ...(await secretlintHits(text, names))]
}
