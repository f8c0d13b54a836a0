import type { BytePath } from '../../byte-path.ts'
import { AttributeViews } from '../../git/attribute-view.ts'
import { driverOf } from '../../git/check-attr.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import { type AttributeLines, attributesDifference } from './attributes-difference.ts'
import type { TrustState } from './trust-state.ts'

/** What is looked at for files that lost their protection. */
export interface ProtectionNow {
  /** Lines that bear on `filter`, of all `.gitattributes` that git reads here. */
  readonly attributes: AttributeLines
  /** Every path of the index. */
  readonly tracked: ReadonlySet<BytePath>
  /** Those that are protected. */
  readonly files: { has(path: BytePath): boolean }
}

/** Files that were protected when that was accepted, or would have been by the lines of then, and are not any more. */
export async function lostProtection(state: TrustState, now: ProtectionNow): Promise<BytePath[]> {
  const { attributes, tracked, files } = now
  const open = [...tracked].filter((path) => !files.has(path) && !neverEncrypted(path))
  const lost = new Set(open.filter((path) => state.paths.has(path)))
  if (open.length > 0 && attributesDifference(state.attributes, attributes).length > 0) {
    const contents = [...state.attributes].map(([path, lines]) => {
      return { path, content: Buffer.from(`${lines.join('\n')}\n`, 'latin1') }
    })
    const views = new AttributeViews({})
    try {
      const filters = await (await views.add(contents)).filters(open)
      for (const [path, value] of filters) if (driverOf(value) !== null) lost.add(path)
    } finally {
      views.close()
    }
  }
  return [...lost]
}
