import { asBuffer } from './as-buffer.ts'
import { formatOf } from './format-of.ts'
import { toMetadata } from './metadata-tree.ts'
import { isDefaultRule } from './newly-open.ts'
import { isSealed } from './sealed-value.ts'
import type { SopsKind } from './sops-kind.ts'
import type { SopsRuleName } from './sops-types.ts'

/**
 * The setting by which a document leaves values as plaintext, without their names saying so; null where it leaves none.
 * @throws NixsecretError `format`, `refused` where it can't be read
 */
export function leftOpen(document: Uint8Array, kind: SopsKind): SopsRuleName | null {
  const { slots, metadata } = formatOf(kind).read(asBuffer(document).toString('utf8'))
  const settings = metadata === null ? null : toMetadata(metadata.tree).settings
  if (settings === null || isDefaultRule(settings)) return null
  const isOpen = slots.some(
    ({ value }) => value.type !== 'comment' && !isSealed(value.data.toString('latin1')),
  )
  return isOpen ? (settings.rule?.name ?? null) : null
}
