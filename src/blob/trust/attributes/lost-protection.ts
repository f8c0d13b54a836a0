import type { BytePath } from '../../../byte-path.ts'
import { AttributeViews } from '../../../git/attribute-view.ts'
import { type Driver, driverOf } from '../../../git/check-attr.ts'
import { neverEncrypted } from '../../../policy/readers-of.ts'
import type { TrustState } from '../trust-state.ts'
import { type AttributeLines, attributesDifference } from './attributes-difference.ts'
import { SealedLines } from './sealed-lines.ts'

/** What is looked at for files that lost their protection. */
export interface ProtectionNow {
  /** Lines that bear on `filter`, of all `.gitattributes` that git reads here. */
  readonly attributes: AttributeLines
  /** Those files; null where `drivers` come of them alone, and of nothing that is set on this machine. */
  readonly attributeFiles: ReadonlyMap<BytePath, Buffer> | null
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
  const differs = attributesDifference(state.attributes, attributes).length > 0
  // What is to stay ciphertext in the work tree has nothing else to hold it: there no lines are believed.
  const asked = differs ? [...open, ...unsealed] : unsealed
  if (asked.length === 0) return { lost: [...lost], opened: [] }
  const former = await driversBy(filesOf(state), asked)
  for (const path of open) if (former.has(path)) lost.add(path)
  const opened = unsealed.filter((path) => former.get(path) === 'nixsecret-sealed')
  return { lost: [...lost], opened: differs ? opened : await openedByFiles(opened, now) }
}

/** Without those that only a setting of this machine opens: that was its user, and no acceptance would change it. */
async function openedByFiles(
  paths: readonly BytePath[],
  { attributeFiles }: ProtectionNow,
): Promise<BytePath[]> {
  if (paths.length === 0 || attributeFiles === null) return [...paths]
  const drivers = await driversBy(attributeFiles, paths)
  return paths.filter((path) => drivers.get(path) !== 'nixsecret-sealed')
}

function filesOf({ attributes }: TrustState): Map<BytePath, Buffer> {
  return new Map(
    [...attributes].map(([path, lines]) => [path, Buffer.from(`${lines.join('\n')}\n`, 'latin1')]),
  )
}

/** What `.gitattributes` files, and nothing else, make of paths. */
async function driversBy(
  files: ReadonlyMap<BytePath, Buffer>,
  paths: readonly BytePath[],
): Promise<Map<BytePath, Driver>> {
  const contents = [...files].map(([path, content]) => ({ path, content }))
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
