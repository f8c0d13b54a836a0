import { decodePaddedBase64 } from '../../age/base64.ts'
import { printableRun } from '../../age/printable-run.ts'

const BEGIN = '-----BEGIN PGP MESSAGE-----'
const END = '-----END PGP MESSAGE-----'
const MAX_SIZE = 64 << 20
/** More session keys than this a message does not have. */
const MAX_KEYS = 1000
// Tags of packets (https://www.rfc-editor.org/rfc/rfc9580#section-5).
const PUBLIC_KEY_SESSION = 1
const PASSWORD_SESSION = 3
const ENCRYPTED = [9, 18, 20]

/**
 * Whether the file is an encrypted OpenPGP message and nothing else, binary or armored: session keys, then one packet
 * of encrypted data that goes to the very end.
 * @returns false on any doubt
 */
export function isOpenpgpMessage(bytes: Buffer): boolean {
  if (bytes.length > MAX_SIZE) return false
  const message = bytes.subarray(0, 2).toString('latin1') === '--' ? dearmor(bytes.toString('latin1')) : bytes
  return message !== null && isMessage(message)
}

function dearmor(text: string): Buffer | null {
  const lines = text.trimEnd().split(/\r?\n/)
  if (lines.shift() !== BEGIN || lines.pop() !== END) return null
  while (lines[0] !== undefined && isArmorHeader(lines[0])) lines.shift()
  if (lines.shift()?.trim() !== '') return null
  const sum = lines.at(-1)?.startsWith('=') ? (lines.pop() as string).slice(1) : null
  if (lines.some((line) => line.length === 0 || line.length > 76)) return null
  const bytes = decodePaddedBase64(lines.join(''))
  // What RFC 9580 writes has no checksum any more.
  return bytes === null || (sum !== null && sum !== crc24(bytes)) ? null : bytes
}

/** Names of programs; anything freer could hold a secret. */
function isArmorHeader(line: string): boolean {
  return (
    /^Version: [\w .()+/-]{1,80}$/.test(line) || /^Comment: [\w .-]{0,40}https?:\/\/[\w./-]{1,60}$/.test(line)
  )
}

function crc24(bytes: Buffer): string {
  let sum = 0xb704ce
  for (const byte of bytes) {
    sum ^= byte << 16
    for (let i = 0; i < 8; i++) sum = (sum << 1) ^ (sum & 0x800000 ? 0x1864cfb : 0)
  }
  return Buffer.from([(sum >>> 16) & 0xff, (sum >>> 8) & 0xff, sum & 0xff]).toString('base64')
}

function isMessage(message: Buffer): boolean {
  let at = 0
  for (let keys = 0; keys <= MAX_KEYS; keys++) {
    const packet = readPacket(message, at)
    if (packet === null) return false
    const version = message[packet.start]
    if (ENCRYPTED.includes(packet.tag)) {
      // The old kind (9) has no version. No text may hide in it.
      const known = packet.tag === 9 || version === 1 || (packet.tag === 18 && version === 2)
      return (
        keys > 0 && known && packet.end === message.length && printableRun(message, packet.start) === null
      )
    }
    const isKey =
      (packet.tag === PUBLIC_KEY_SESSION && (version === 3 || version === 6)) ||
      (packet.tag === PASSWORD_SESSION && (version === 4 || version === 5 || version === 6))
    if (!isKey || packet.partial) return false
    at = packet.end
  }
  return false
}

interface Packet {
  readonly tag: number
  /** Of the body. */
  readonly start: number
  readonly end: number
  readonly partial: boolean
}

/** Reads the frame of a packet, https://www.rfc-editor.org/rfc/rfc9580#section-4.2; null where it is cut off. */
function readPacket(message: Buffer, at: number): Packet | null {
  const first = message[at]
  if (first === undefined || (first & 0x80) === 0) return null
  if ((first & 0x40) === 0) return readOldPacket(message, at, first)
  const tag = first & 0x3f
  const length = readNewLength(message, at + 1)
  if (length === null) return null
  let last = length
  while (last.partial) {
    const piece = readNewLength(message, last.next + last.size)
    if (piece === null) return null
    last = piece
  }
  const end = last.next + last.size
  return end > message.length ? null : { tag, start: length.next, end, partial: length.partial }
}

function readOldPacket(message: Buffer, at: number, first: number): Packet | null {
  const bytes = [1, 2, 4][first & 3]
  // Of no stated length: to the end of the file, so that whatever is appended would belong to it.
  if (bytes === undefined || at + 1 + bytes > message.length) return null
  const start = at + 1 + bytes
  const end = start + message.readUIntBE(at + 1, bytes)
  return end > message.length ? null : { tag: (first >>> 2) & 15, start, end, partial: false }
}

function readNewLength(message: Buffer, at: number): { size: number; next: number; partial: boolean } | null {
  const first = message[at]
  if (first === undefined) return null
  if (first < 192) return { size: first, next: at + 1, partial: false }
  if (first >= 224 && first < 255) return { size: 2 ** (first & 31), next: at + 1, partial: true }
  const bytes = first === 255 ? 4 : 1
  if (at + 1 + bytes > message.length) return null
  const rest = message.readUIntBE(at + 1, bytes)
  return {
    size: first === 255 ? rest : ((first - 192) << 8) + rest + 192,
    next: at + 1 + bytes,
    partial: false,
  }
}
