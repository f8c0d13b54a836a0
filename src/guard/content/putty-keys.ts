import type { ContentHit } from './hit.ts'

const BEGIN = /PuTTY-User-Key-File-[23]: [a-z0-9@.-]{1,40}\r?\nEncryption: (none|aes256-cbc)\r?\n/g
const PRIVATE = /\nPrivate-Lines: [1-9][0-9]{0,2}\r?\n[A-Za-z0-9+/]{8}/
const MAX_SIZE = 32 << 10

/** PuTTY's private keys (https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html). */
export function puttyKeys(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  if (!text.includes('PuTTY-User-Key-File-')) return hits
  for (const match of text.matchAll(BEGIN)) {
    if (!PRIVATE.test(text.slice(match.index, match.index + MAX_SIZE))) continue
    const what = match[1] === 'none' ? 'PuTTY private key' : 'PuTTY private key under a passphrase'
    hits.push({ offset: match.index, what })
  }
  return hits
}
