import { createHmac, timingSafeEqual } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { deriveKey } from './derive-key.ts'
import type { Stanza } from './stanza.ts'
import { encodeStanza, parseStanza, stanzaEnd } from './stanza-text.ts'

/** First line of every binary age file of version 1, without its line feed. */
export const INTRO = 'age-encryption.org/v1'

/** Bytes of header that we read at most; what age writes for one recipient is 100 to 1,700. */
export const MAX_HEADER_SIZE = 1 << 20
const MAX_STANZAS = 4096
const MAC_SIZE = 32
const MAC_LINE = '\n--- '

/** The textual part of an age file (https://c2sp.org/age#header). */
export interface Header {
  readonly stanzas: Stanza[]
  readonly mac: Buffer
  /** What the MAC covers: up to and including `---`. */
  readonly macInput: Buffer
  /** In bytes, including the last line feed. */
  readonly length: number
}

/**
 * The header with its MAC, ready to be written.
 *
 * A codec of our own, because it runs once a file: age-encryption costs 35 ms to load and 110 µs a header (measured).
 * A property test holds it against age-encryption.
 */
export function encodeHeader(stanzas: readonly Stanza[], fileKey: Uint8Array): Buffer {
  let text = `${INTRO}\n`
  for (const stanza of stanzas) text += encodeStanza(stanza)
  text += '---'
  return Buffer.from(`${text} ${encodeBase64(headerMac(text, fileKey))}\n`, 'latin1')
}

/**
 * @param final whether `bytes` is all there is
 * @returns null where more bytes are needed (never if `final`)
 * @throws NixsecretError `format` where this is, or can become, no valid header of version 1
 */
export function parseHeader(bytes: Uint8Array, final: boolean): Header | null {
  const file = asBuffer(bytes)
  const intro = file.subarray(0, INTRO.length + 1).toString('latin1')
  if (!`${INTRO}\n`.startsWith(intro)) throw broken('first line is not that of age version 1')
  const macLine = file.subarray(0, MAX_HEADER_SIZE).indexOf(MAC_LINE, INTRO.length, 'latin1')
  const end = macLine === -1 ? -1 : file.indexOf(10, macLine + 1)
  if (end === -1 || end >= MAX_HEADER_SIZE) {
    if (file.length >= MAX_HEADER_SIZE) throw broken(`longer than ${MAX_HEADER_SIZE} bytes`)
    if (final) throw broken('ends before its MAC')
    return null
  }
  const mac = decodeBase64(file.toString('latin1', macLine + MAC_LINE.length, end))
  if (mac === null || mac.length !== MAC_SIZE) throw broken('malformed MAC')
  return {
    stanzas: parseStanzas(file.toString('latin1', INTRO.length + 1, macLine + 1)),
    mac,
    // A copy: the bytes may belong to a large chunk that others reuse.
    macInput: Buffer.from(file.subarray(0, macLine + MAC_LINE.length - 1)),
    length: end + 1,
  }
}

/** Whether the header was made with this file key, and not altered since. */
export function headerMacFits(header: Header, fileKey: Uint8Array): boolean {
  return timingSafeEqual(headerMac(header.macInput, fileKey), header.mac)
}

function headerMac(input: string | Buffer, fileKey: Uint8Array): Buffer {
  const mac = createHmac('sha256', deriveKey(fileKey, null, 'header'))
  return (typeof input === 'string' ? mac.update(input, 'latin1') : mac.update(input)).digest()
}

/** @param text whole lines, from the first stanza's on */
function parseStanzas(text: string): Stanza[] {
  const lines = text.split('\n')
  lines.pop()
  const stanzas: Stanza[] = []
  for (let i = 0; i < lines.length; ) {
    if (stanzas.length === MAX_STANZAS) throw broken(`more than ${MAX_STANZAS} stanzas`)
    const end = stanzaEnd(lines, i)
    if (end === null) throw broken('malformed body of a stanza')
    const stanza = parseStanza(lines, i, end)
    if (typeof stanza === 'string') throw broken(stanza)
    stanzas.push(stanza)
    i = end
  }
  if (stanzas.length === 0) throw broken('no stanzas')
  return stanzas
}

function broken(what: string): NixsecretError {
  return new NixsecretError('format', `age header: ${what}`)
}
