import { dearmor, MAX_ARMORED_SIZE } from '../../age/armor.ts'
import { beginsAsAge, inspectBlob } from '../../age/inspect.ts'
import { printableRun } from '../../age/printable-run.ts'
import type { BytePath } from '../../byte-path.ts'
import { isSopsDocument } from '../../sops/look/sops-document.ts'
import { isAnsibleVault } from './ansible-vault.ts'
import { isGitCryptFile } from './git-crypt.ts'
import { isOpenpgpMessage } from './openpgp.ts'

/** What encrypted a file. */
export type Ciphertext = 'age' | 'sops' | 'openpgp' | 'git-crypt' | 'ansible-vault'

/**
 * What a whole file is the ciphertext of, as far as that shows without a key. Outside the paths that the filter
 * encrypts, such a file is no plaintext.
 * @param path for the formats that a name tells apart (`.env`)
 * @returns null where it is none of these, or anything in it may be plaintext
 */
export function foreignCiphertext(path: BytePath, bytes: Buffer): Ciphertext | null {
  if (bytes.length === 0) return null
  if (beginsAsAge(bytes)) return isAgeFile(bytes) ? 'age' : null
  if (isGitCryptFile(bytes)) return 'git-crypt'
  if (isAnsibleVault(bytes)) return 'ansible-vault'
  if (isOpenpgpMessage(bytes)) return 'openpgp'
  return isSopsDocument(bytes, path) ? 'sops' : null
}

function isAgeFile(bytes: Buffer): boolean {
  if (bytes.length > MAX_ARMORED_SIZE) return false
  const shape = inspectBlob(bytes, bytes.length)
  if (shape.kind !== 'age') return false
  return printableRun(shape.armored ? dearmor(bytes) : bytes, shape.header.length) === null
}
