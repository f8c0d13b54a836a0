import { createHash } from 'node:crypto'

/** Nix's own digits: no e, o, t, u. */
const DIGITS = '0123456789abcdfghijklmnpqrsvwxyz'

/**
 * The name in the store of a source that was copied whole: `<hash>-source`, by the hash of its NAR.
 * @param store its directory; it is part of what is hashed
 * @param narHash SHA-256, 32 bytes
 * @see https://nix.dev/manual/nix/latest/protocols/store-path
 */
export function sourceName(store: string, narHash: Uint8Array): string {
  const inner = `source:sha256:${Buffer.from(narHash).toString('hex')}:${store}:source`
  const digest = createHash('sha256').update(inner).digest()
  const short = Buffer.alloc(20)
  for (const [i, byte] of digest.entries()) short[i % 20] = (short[i % 20] as number) ^ byte
  return `${base32(short)}-source`
}

/** Least significant bits first, and the last digit in front. */
function base32(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < (bytes.length * 8) / 5; i++) {
    text = DIGITS[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}
