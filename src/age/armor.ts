import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { decodePaddedBase64 } from './base64.ts'

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----'
const END = '-----END AGE ENCRYPTED FILE-----'
/** Bytes of the largest armored file that is read or written: armor is only ever held whole. */
export const MAX_ARMORED_SIZE = 64 << 20
/** Characters of base64 in all lines but the last. */
const COLUMNS = 64

/** Whether the first line is the one that begins an armored age file. */
export function isArmored(bytes: Uint8Array): boolean {
  const start = asBuffer(bytes)
    .subarray(0, BEGIN.length + 2)
    .toString('latin1')
  return start === BEGIN || (start.startsWith(BEGIN) && /^\r?\n/.test(start.slice(BEGIN.length)))
}

/**
 * The binary file in an armored one (https://c2sp.org/age#ascii-armor): whitespace around it and CRLF are allowed,
 * everything else is strict.
 * @throws NixsecretError `format`, also where it is larger than {@link MAX_ARMORED_SIZE}
 */
export function dearmor(bytes: Uint8Array): Buffer {
  if (bytes.length > MAX_ARMORED_SIZE) throw broken(`larger than ${MAX_ARMORED_SIZE >> 20} MiB`)
  const text = trimmed(asBuffer(bytes)).toString('latin1').replaceAll('\r\n', '\n')
  if (!text.startsWith(`${BEGIN}\n`)) throw broken('malformed first line')
  if (!text.endsWith(`\n${END}`)) throw broken('malformed last line')
  const body = text.slice(BEGIN.length + 1, text.length - END.length)
  for (let i = 0; i < body.length; i += COLUMNS + 1) {
    const end = body.indexOf('\n', i)
    const last = end === body.length - 1
    if (end === i || end - i > COLUMNS || (!last && end - i < COLUMNS))
      throw broken('line of the wrong length')
  }
  const file = decodePaddedBase64(body.replaceAll('\n', ''))
  if (file === null) throw broken('malformed base64')
  return file
}

/** Bytes of the armored form of so many bytes. */
export function armoredSize(size: number): number {
  const characters = 4 * Math.ceil(size / 3)
  return BEGIN.length + 1 + characters + Math.ceil(characters / COLUMNS) + END.length + 1
}

/** The armored form, LF as line end. */
export function enarmor(bytes: Uint8Array): Buffer {
  const lines = asBuffer(bytes)
    .toString('base64')
    .match(/.{1,64}/g)
  return Buffer.from([BEGIN, ...(lines ?? []), END, ''].join('\n'), 'latin1')
}

function trimmed(bytes: Buffer): Buffer {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function broken(what: string): NixsecretError {
  return new NixsecretError('format', `age armor: ${what}`)
}
