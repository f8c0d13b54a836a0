import type { BytePath } from '../../byte-path.ts'
import { AttributeViews } from '../../git/attribute-view.ts'
import { type Driver, driverOf } from '../../git/check-attr.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import { type AttributeLines, attributesDifference } from './attributes-difference.ts'
import { SealedLines } from './sealed-lines.ts'
import type { TrustState } from './trust-state.ts'

/** What is looked at for files that lost their protection. */
export interface ProtectionNow {
  /** Lines that bear on `filter`, of all `.gitattributes` that git reads here. */
  readonly attributes: AttributeLines
  /** Every path of the index, or those that are asked about. */
  readonly tracked: ReadonlySet<BytePath>
  /** Of those that are protected. */
  readonly drivers: ReadonlyMap<BytePath, Driver>
}

/** Files that lost their protection. */
export interface LostProtection {
  /** They were protected when that was accepted, or would have been by the lines of then, and are not any more. */
  readonly lost: BytePath[]
  /** By the lines of then they would be ciphertext in the work tree, too, and are not any more. */
  readonly opened: BytePath[]
}

/** Holds the files that are here against what was accepted. */
export async function lostProtection(state: TrustState, now: ProtectionNow): Promise<LostProtection> {
  const { attributes, tracked, drivers } = now
  const open = [...tracked].filter((path) => !drivers.has(path) && !neverEncrypted(path))
  const lost = new Set(open.filter((path) => state.paths.has(path)))
  const wasSealed = new SealedLines(state.attributes).any
  const unsealed = wasSealed ? [...tracked].filter((path) => drivers.get(path) === 'nixsecret') : []
  const asked = [...open, ...unsealed]
  if (asked.length === 0 || attributesDifference(state.attributes, attributes).length === 0)
    return { lost: [...lost], opened: [] }
  const former = await formerDrivers(state, asked)
  for (const path of open) if (former.has(path)) lost.add(path)
  return { lost: [...lost], opened: unsealed.filter((path) => former.get(path) === 'nixsecret-sealed') }
}

async function formerDrivers(
  { attributes }: TrustState,
  paths: readonly BytePath[],
): Promise<Map<BytePath, Driver>> {
  const contents = [...attributes].map(([path, lines]) => {
    return { path, content: Buffer.from(`${lines.join('\n')}\n`, 'latin1') }
  })
  const drivers = new Map<BytePath, Driver>()
  const views = new AttributeViews({})
  try {
    for (const [path, value] of await (await views.add(contents)).filters(paths)) {
      const driver = driverOf(value)
      if (driver !== null) drivers.set(path, driver)
    }
    return drivers
  } finally {
    views.close()
  }
}
