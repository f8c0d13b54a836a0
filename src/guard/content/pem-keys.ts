import { WireReader } from '../../age/ssh/wire.ts'
import type { ContentHit } from './hit.ts'

const BEGIN = /-----BEGIN ((?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?)-----/g
/** Characters of a key that are looked at. A key of RSA with 16,384 bits has 12,600, one of OpenPGP may have more. */
const MAX_BODY = 256 << 10
/** A line end: a real one, or one written as an escape in JSON or Nix, itself escaped or not. */
const LINE_END = /(?:\r\n?|\n|\\+r\\+n|\\+n)/
const MAGIC = 'openssh-key-v1\0'
/** DER of the smallest key, Ed25519 in PKCS #8, is 48 bytes; other curves in SEC 1 have more. */
const MIN_DER = 40
const SEQUENCE = 0x30

/**
 * Private keys in PEM and OpenPGP armor: OpenSSH, PKCS #1 and #8, SEC 1, DSA, OpenPGP; as they are, indented, commented
 * out, or in one line with escaped line ends. Only what decodes to such a key counts: the words alone stand in
 * documentation and in scripts that look for them.
 */
export function pemKeys(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  if (!text.includes('PRIVATE KEY')) return hits
  for (const match of text.matchAll(BEGIN)) {
    const label = match[1] as string
    const start = match.index + match[0].length
    const next = text.indexOf('-----', start)
    const body = text.slice(start, Math.min(next === -1 ? text.length : next, start + MAX_BODY))
    // In a patch each line that is added begins with a plus, which may be base64 as well.
    const what = kindOfText(label, body) ?? kindOfText(label, body.replace(/\n[ \t]*\+/g, '\n'))
    if (what !== null) hits.push({ offset: match.index, what })
  }
  return hits
}

interface Body {
  readonly bytes: Buffer
  /** Headers say that it is encrypted (RFC 1421). */
  readonly encrypted: boolean
}

function kindOfText(label: string, text: string): string | null {
  const body = readBody(text)
  return body === null ? null : kindOf(label, body)
}

function readBody(text: string): Body | null {
  let base64 = ''
  let encrypted = false
  for (const line of text.split(LINE_END)) {
    // Quotes, `+` and commas of source code, signs of a comment.
    const plain = line
      .replace(/^[\s"'>#;*|+.-]+/, (lead) => /\+*$/.exec(lead)?.[0] ?? '')
      .replace(/[\s"'\\,;]+$/, '')
    if (plain === '' || plain === '+' || (plain.startsWith('=') && plain.length === 5)) continue
    if (/^[A-Za-z-]{1,30}: /.test(plain)) {
      if (base64 !== '') return null
      encrypted ||= plain.startsWith('Proc-Type: 4,ENCRYPTED')
    } else if (/^[A-Za-z0-9+/]+(?: [A-Za-z0-9+/]+)*={0,2}$/.test(plain))
      // Some keep a key in one line, with spaces for line ends.
      base64 += plain.replaceAll(' ', '')
    else return null
  }
  return base64 === '' ? null : { bytes: Buffer.from(base64, 'base64'), encrypted }
}

/** @returns null where it is not what the label says */
function kindOf(label: string, { bytes, encrypted }: Body): string | null {
  if (label === 'OPENSSH PRIVATE KEY') return opensshKind(bytes)
  if (label === 'PGP PRIVATE KEY BLOCK') return isSecretKeyPacket(bytes) ? 'OpenPGP private key' : null
  if (label.endsWith('BLOCK')) return null
  if (label === 'ENCRYPTED PRIVATE KEY') return isDer(bytes) ? 'private key under a passphrase' : null
  const name =
    label === 'PRIVATE KEY' ? 'private key' : `${/^(?:RSA|DSA|EC)\b/.exec(label)?.[0] ?? 'other'} private key`
  if (encrypted) return bytes.length >= MIN_DER ? `${name} under a passphrase` : null
  return isDer(bytes) ? name : null
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function opensshKind(bytes: Buffer): string | null {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  const reader = new WireReader(bytes.subarray(MAGIC.length))
  const cipher = reader.text()
  reader.string() // name of the key derivation
  reader.string() // and its options
  const count = reader.uint32()
  if (cipher === null || count === null || count < 1 || count > 100) return null
  for (let i = 0; i < count; i++) if (reader.string() === null) return null
  if ((reader.string()?.length ?? 0) < 32) return null
  return cipher === 'none' ? 'OpenSSH private key' : 'OpenSSH private key under a passphrase'
}

/** Whether it is one DER sequence, whole: a key that was cut off is none. */
function isDer(bytes: Buffer): boolean {
  const first = bytes[1]
  if (bytes.length < MIN_DER || bytes[0] !== SEQUENCE || first === undefined) return false
  if (first < 0x80) return first + 2 === bytes.length
  const count = first & 0x7f
  return count >= 1 && count <= 3 && bytes.readUIntBE(2, count) + 2 + count === bytes.length
}

/** Whether it begins with a secret key's packet (tag 5, https://www.rfc-editor.org/rfc/rfc9580#section-5.5.1.3). */
function isSecretKeyPacket(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0
  const tag = (first & 0xc0) === 0xc0 ? first & 0x3f : (first & 0xc0) === 0x80 ? (first >>> 2) & 15 : 0
  return tag === 5 && bytes.length > MIN_DER
}
