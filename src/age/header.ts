import { createHmac, timingSafeEqual } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { deriveKey } from './derive-key.ts'
import type { Stanza } from './stanza.ts'

/** First line of every binary age file of version 1, without its line feed. */
export const INTRO = 'age-encryption.org/v1'

/** Bytes of header that we read at most; what age writes for one recipient is 100 to 1,700. */
export const MAX_HEADER_SIZE = 1 << 20
const MAX_STANZAS = 4096
/** Characters of a full line of a stanza's body, and the bytes in it. */
const LINE = 64
const LINE_BYTES = 48
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

function areArguments(args: readonly string[]): boolean {
  return args.length > 0 && args.every((arg) => /^[\x21-\x7e]+$/.test(arg))
}

function encodeStanza({ args, body }: Stanza): string {
  if (!areArguments(args)) throw new TypeError('stanza arguments must be printable ASCII without space')
  let text = `-> ${args.join(' ')}\n`
  for (let i = 0; i < body.length; i += LINE_BYTES)
    text += `${encodeBase64(body.subarray(i, i + LINE_BYTES))}\n`
  // The last line is the one that is not full, if need be an empty one.
  return body.length % LINE_BYTES === 0 ? `${text}\n` : text
}

/** @param text whole lines, from the first stanza's on */
function parseStanzas(text: string): Stanza[] {
  const lines = text.split('\n')
  lines.pop()
  const stanzas: Stanza[] = []
  for (let i = 0; i < lines.length; ) {
    if (stanzas.length === MAX_STANZAS) throw broken(`more than ${MAX_STANZAS} stanzas`)
    const [arrow, ...args] = (lines[i++] as string).split(' ')
    if (arrow !== '->' || !areArguments(args)) throw broken('malformed first line of a stanza')
    let base64 = ''
    for (;;) {
      const line = lines[i++]
      if (line === undefined || line.length > LINE) throw broken('malformed body of a stanza')
      base64 += line
      if (line.length < LINE) break
    }
    const body = decodeBase64(base64)
    if (body === null) throw broken('malformed body of a stanza')
    stanzas.push({ args, body })
  }
  if (stanzas.length === 0) throw broken('no stanzas')
  return stanzas
}

function broken(what: string): NixsecretError {
  return new NixsecretError('format', `age header: ${what}`)
}
