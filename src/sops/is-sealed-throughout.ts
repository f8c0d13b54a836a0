import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { formatOf } from './format-of.ts'
import { ruleOf } from './open-document.ts'
import { isSealed } from './sealed-value.ts'
import type { SopsKind } from './sops-kind.ts'

/**
 * Whether every value that a document's own settings call encrypted is, and every such comment; without any key, so that
 * nothing says that they open. Reads all that `encryptSops` writes: flow collections and quotes, too.
 * @returns false on any doubt
 */
export function isSealedThroughout(document: Uint8Array, kind: SopsKind): boolean {
  try {
    const { slots, metadata } = formatOf(kind).read(asBuffer(document).toString('utf8'))
    if (metadata === null) return false
    const isEncrypted = ruleOf(metadata.tree, kind)
    return slots.every(
      (slot) =>
        !isEncrypted(slot) ||
        (['str', 'comment'].includes(slot.value.type) && isSealed(slot.value.data.toString('latin1'))),
    )
  } catch (error) {
    if (error instanceof NixsecretError) return false
    throw error
  }
}
