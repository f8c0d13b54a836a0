import { decodeBech32 } from '../../age/bech32.ts'
import type { ContentHit } from './hit.ts'

/** Keys are 32 bytes; what plugins put in theirs is longer. */
const KEY_SIZE = 32
const MAX_LETTERS = 4096
/**
 * Plugins whose identities only point to a key in hardware, or are sealed by it, and which people publish on purpose
 * so that whoever has the hardware can decrypt.
 */
const HARDWARE = /^AGE-PLUGIN-(?:YUBIKEY|TPM|SE|FIDO2-HMAC|FIDO2PRF|TREZOR|LEDGER|TKEY)-$/
const IDENTITY = /AGE-(?:SECRET-KEY|PLUGIN)-(?:[A-Z0-9+._]{1,32}-){0,4}1[02-9AC-HJ-NP-Z]+/g

/** Whether a file holds such identities and comments, and nothing else. */
export function isHardwareIdentity(content: Buffer): boolean {
  const lines = content
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
  return (
    lines.length > 0 &&
    lines.every((line) => line.length <= MAX_LETTERS && HARDWARE.test(decodeBech32(line)?.prefix ?? ''))
  )
}

/** Private keys of age (https://c2sp.org/age#x25519-identity). Checksums are checked, so examples are none. */
export function ageIdentities(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  if (!text.includes('AGE-')) return hits
  for (const { 0: found, index: offset } of text.matchAll(IDENTITY)) {
    if (found.length > MAX_LETTERS) continue
    const key = decodeBech32(found)
    if (key === null) continue
    if (key.prefix.startsWith('AGE-PLUGIN-')) {
      if (!HARDWARE.test(key.prefix)) hits.push({ offset, what: 'age plugin identity' })
    } else if (key.bytes.length === KEY_SIZE) hits.push({ offset, what: 'age identity' })
  }
  return hits
}
