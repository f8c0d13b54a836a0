import { createHash } from 'node:crypto'
import { dearmor } from '../../age/armor.ts'
import { encodeBase64 } from '../../age/base64.ts'
import { NixsecretError } from '../../errors.ts'
import type { SopsMetadata } from '../../sops/sops-metadata.ts'

/**
 * What tells a data key from others, without a key: each of its sealings. Nobody can make one but who has the data key, so
 * a document that shares one with another holds what is encrypted with the same key, whoever it says reads it.
 */
export function sopsMarks({ age }: SopsMetadata): string[] {
  return age.map(({ enc }) => {
    const hash = createHash('sha256').update(sealing(enc)).digest()
    return `sops ${encodeBase64(hash.subarray(0, 16))}`
  })
}

// What can be written in more than one way is compared as what it means.
function sealing(enc: string): Buffer {
  try {
    return dearmor(Buffer.from(enc, 'utf8'))
  } catch (fault) {
    if (fault instanceof NixsecretError) return Buffer.from(enc, 'utf8')
    throw fault
  }
}
