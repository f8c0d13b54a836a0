import { decodeBase64, encodeBase64 } from './base64.ts'
import type { Stanza } from './stanza.ts'

/** Characters of a full line of a stanza's body, and the bytes in it. */
const LINE = 64
const LINE_BYTES = 48

/**
 * A stanza as it stands in a header, and between age and its plugins
 * (https://c2sp.org/age#abnf-definition-of-file-header).
 */
export function encodeStanza({ args, body }: Stanza): string {
  if (!areArguments(args)) throw new TypeError('stanza arguments must be printable ASCII without space')
  let text = `-> ${args.join(' ')}\n`
  for (let i = 0; i < body.length; i += LINE_BYTES)
    text += `${encodeBase64(body.subarray(i, i + LINE_BYTES))}\n`
  // The last line is the one that is not full, if need be an empty one.
  return body.length % LINE_BYTES === 0 ? `${text}\n` : text
}

/**
 * Where the stanza ends that begins at a line: behind its first line that is not full.
 * @returns null where the lines end before
 */
export function stanzaEnd(lines: readonly string[], start: number): number | null {
  for (let i = start + 1; i < lines.length; i++) if ((lines[i] as string).length !== LINE) return i + 1
  return null
}

/**
 * @param lines without line feeds
 * @param end see {@link stanzaEnd}
 * @returns what is wrong, where these lines are no stanza
 */
export function parseStanza(lines: readonly string[], start: number, end: number): Stanza | string {
  const [arrow, ...args] = (lines[start] as string).split(' ')
  if (arrow !== '->' || !areArguments(args)) return 'malformed first line of a stanza'
  if ((lines[end - 1] as string).length > LINE) return 'malformed body of a stanza'
  const body = decodeBase64(lines.slice(start + 1, end).join(''))
  return body === null ? 'malformed body of a stanza' : { args, body }
}

function areArguments(args: readonly string[]): boolean {
  return args.length > 0 && args.every((arg) => /^[\x21-\x7e]+$/.test(arg))
}
