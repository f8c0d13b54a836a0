import type { BytePath } from '../../byte-path.ts'
import { credentials } from './credentials.ts'
import { foreignCiphertext } from './foreign-ciphertext.ts'
import { placeOf } from './place.ts'
import type { Hit } from './placed-hit.ts'
import { privateKeys } from './private-keys.ts'

// As git tells binary files from text.
const BINARY_LOOK = 8000

// What SOPS has encrypted: no key and no token, but base64 of any look.
const SOPS_VALUE = /ENC\[AES256_GCM,[^\]\n]*\]/g

/**
 * Keys and credentials in a file; none in ciphertext, but in what a SOPS document leaves as plaintext: its own settings
 * may leave anything. Credentials are looked for in text only.
 */
export async function scanContent(path: BytePath, bytes: Buffer): Promise<Hit[]> {
  const ciphertext = foreignCiphertext(path, bytes)
  if (ciphertext !== null && ciphertext !== 'sops') return []
  const content = ciphertext === null ? bytes : withoutValues(bytes)
  const keys = privateKeys(content.toString('latin1'))
  const binary = content.subarray(0, BINARY_LOOK).includes(0)
  const tokens = binary ? [] : await credentials(content)
  return [
    ...keys.map(({ offset, what }) => ({ rule: 'private-key' as const, what, ...placeOf(content, offset) })),
    ...tokens.map(({ offset, what }) => ({ rule: 'credential' as const, what, ...placeOf(content, offset) })),
  ]
}

function withoutValues(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.toString('latin1').replace(SOPS_VALUE, (value) => ' '.repeat(value.length)),
    'latin1',
  )
}
