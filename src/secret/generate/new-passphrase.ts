import { randomInt } from 'node:crypto'
import type { Made } from './made.ts'

/**
 * Words of the EFF's long list with `-` between them, each drawn from all of it; no line feed at the end. Four words have
 * a hyphen of their own (`yo-yo`), of no two others: which words they were can always be told.
 */
export async function newPassphrase(words: number): Promise<Made> {
  const { EFF_LONG_WORDLIST: list } = await import('secure-password-utilities/wordlists')
  const drawn = Array.from({ length: words }, () => list[randomInt(list.length)] as string)
  const bits = words * Math.log2(list.length)
  const what = `a passphrase of ${words} words`
  return { content: Buffer.from(drawn.join('-')), publicHalf: null, what, bits }
}
