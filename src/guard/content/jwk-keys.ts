import type { ContentHit } from './hit.ts'

const MAX_OBJECT = 32 << 10
const PRIVATE = /\\?"d\\?"\s{0,20}:\s{0,20}\\?"[A-Za-z0-9_-]{22,8192}\\?"/
const SECRET = /\\?"k\\?"\s{0,20}:\s{0,20}\\?"[A-Za-z0-9_-]{16,8192}\\?"/
const TYPE = /\\?"kty\\?"\s{0,20}:\s{0,20}\\?"(EC|RSA|OKP|oct)\\?"/

/** Private and symmetric JSON Web Keys (RFC 7517, RFC 7518, RFC 8037), quotes escaped or not. */
export function jwkKeys(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  if (!text.includes('kty')) return hits
  let open = -1
  for (const { 0: brace, index } of text.matchAll(/[{}]/g)) {
    if (brace === '{') open = index
    // Such a key has no object inside.
    else if (open !== -1) {
      if (index - open <= MAX_OBJECT && isPrivate(text.slice(open, index)))
        hits.push({ offset: open, what: 'JSON web key' })
      open = -1
    }
  }
  return hits
}

function isPrivate(object: string): boolean {
  const type = TYPE.exec(object)?.[1]
  return type !== undefined && (type === 'oct' ? SECRET : PRIVATE).test(object)
}
