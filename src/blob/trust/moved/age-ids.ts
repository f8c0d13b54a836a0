import { dearmor, enarmor, isArmored, MAX_ARMORED_SIZE } from '../../../age/armor.ts'
import { NixsecretError } from '../../../errors.ts'
import { blobId } from '../../../git/object-id.ts'

/**
 * By which ids git may know an age file: as it is, and with its armor taken off or put on, which needs no key. None for
 * what nobody can open.
 */
export function ageIdsOf(content: Buffer, format: 'sha1' | 'sha256'): string[] {
  // Larger ones have no armor, and nobody reads one that has.
  if (content.length > MAX_ARMORED_SIZE) return [blobId(content, format)]
  const binary = isArmored(content) ? dearmored(content) : content
  if (binary === null) return []
  return [...new Set([content, binary, enarmor(binary)].map((one) => blobId(one, format)))]
}

function dearmored(content: Buffer): Buffer | null {
  try {
    return dearmor(content)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
