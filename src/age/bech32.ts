import { asBuffer } from './as-buffer.ts'

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM_LENGTH = 6

/** What a Bech32 string holds. */
export interface Bech32 {
  /** Human-readable part, in the case in which it was written. */
  readonly prefix: string
  readonly bytes: Buffer
}

/**
 * Bech32 as age uses it: BIP 173 without its limit of 90 characters
 * (https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki, https://c2sp.org/age#x25519-recipient-stanza).
 * @returns lower case
 */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5, true) as number[]
  const lower = prefix.toLowerCase()
  const sum = polymod([...expand(lower), ...words, 0, 0, 0, 0, 0, 0]) ^ 1
  for (let i = 0; i < CHECKSUM_LENGTH; i++) words.push((sum >>> (5 * (5 - i))) & 31)
  return `${lower}1${words.map((word) => ALPHABET[word]).join('')}`
}

/**
 * Strict: checksum, one case, no stray padding bits.
 * @returns null where the text is no valid Bech32
 */
export function decodeBech32(text: string): Bech32 | null {
  const lower = text.toLowerCase()
  if (lower !== text && text.toUpperCase() !== text) return null
  const separator = lower.lastIndexOf('1')
  if (separator < 1 || lower.length - separator - 1 < CHECKSUM_LENGTH) return null
  const prefix = lower.slice(0, separator)
  if (!/^[\x21-\x7e]+$/.test(prefix)) return null
  const words = Array.from(lower.slice(separator + 1), (char) => ALPHABET.indexOf(char))
  if (words.includes(-1) || polymod([...expand(prefix), ...words]) !== 1) return null
  const bytes = regroup(words.slice(0, -CHECKSUM_LENGTH), 5, 8, false)
  return bytes === null ? null : { prefix: text.slice(0, separator), bytes: asBuffer(Uint8Array.from(bytes)) }
}

function expand(prefix: string): number[] {
  const codes = Array.from(prefix, (char) => char.charCodeAt(0))
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)]
}

function polymod(words: Iterable<number>): number {
  let sum = 1
  for (const word of words) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ word
    for (const [i, generator] of GENERATOR.entries()) if ((top >>> i) & 1) sum ^= generator
  }
  return sum
}

/** Groups of `from` bits to groups of `to` bits; without `pad` what is left over must be zeros, less than a group. */
function regroup(groups: Iterable<number>, from: number, to: number, pad: boolean): number[] | null {
  const out: number[] = []
  let bits = 0
  let value = 0
  for (const group of groups) {
    value = ((value << from) | group) & 0xfff
    bits += from
    while (bits >= to) {
      bits -= to
      out.push((value >>> bits) & ((1 << to) - 1))
    }
  }
  const rest = value & ((1 << bits) - 1)
  if (pad && bits > 0) out.push((rest << (to - bits)) & ((1 << to) - 1))
  return !pad && (bits >= from || rest !== 0) ? null : out
}
