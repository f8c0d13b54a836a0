import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { formatOf } from '../../sops/format-of.ts'
import { sopsKind } from '../../sops/sops-kind.ts'
import { readSopsMetadata, type SopsMetadata } from '../../sops/sops-metadata.ts'
import { canonicalData } from '../../sops/sops-value.ts'

/**
 * What a file holds, whatever way it is written: its values with the names that lead to them, comments left out. A SOPS
 * document does not keep how its plaintext was written.
 * @returns null for a kind of file that is one value, and for what is no file of the kind that its name says
 */
export function plainValues(path: BytePath, plaintext: Buffer): string | null {
  const kind = sopsKind(path)
  if (kind === 'binary') return null
  try {
    const { slots } = formatOf(kind).read(plaintext.toString('utf8'))
    const values = slots.flatMap(({ value, path: names }) => {
      if (value.type === 'comment') return []
      return [[names, (canonicalData(value) ?? value.data).toString('latin1')]]
    })
    return JSON.stringify([kind, values])
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

/**
 * What a document says of itself; null where it is none.
 * @throws NixsecretError `format` where it can't be read
 */
export function sopsMetadata(path: BytePath, bytes: Buffer): SopsMetadata | null {
  return readSopsMetadata(bytes, sopsKind(path))
}
