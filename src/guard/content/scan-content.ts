import type { BytePath } from '../../byte-path.ts'
import { credentials } from './credentials.ts'
import { foreignCiphertext } from './foreign-ciphertext.ts'
import { placeOf } from './place.ts'
import type { Hit } from './placed-hit.ts'
import { privateKeys } from './private-keys.ts'

// As git tells binary files from text.
const BINARY_LOOK = 8000

/** Keys and credentials in a file; none in ciphertext of any kind. Credentials are looked for in text only. */
export async function scanContent(path: BytePath, content: Buffer): Promise<Hit[]> {
  if (foreignCiphertext(path, content) !== null) return []
  const keys = privateKeys(content.toString('latin1'))
  const binary = content.subarray(0, BINARY_LOOK).includes(0)
  const tokens = binary ? [] : await credentials(content)
  return [
    ...keys.map(({ offset, what }) => ({ rule: 'private-key' as const, what, ...placeOf(content, offset) })),
    ...tokens.map(({ offset, what }) => ({ rule: 'credential' as const, what, ...placeOf(content, offset) })),
  ]
}
