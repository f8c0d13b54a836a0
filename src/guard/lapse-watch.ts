import type { AttributeGroup } from '../blob/protection.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { BlobShapes } from './blob-shapes.ts'
import { type Entry, isFile, type Step } from './entry.ts'
import type { Draft } from './finding.ts'
import type { Inspection } from './inspection.ts'
import { isForeignCiphertext } from './is-foreign-ciphertext.ts'
import { isPublicKey } from './public-key.ts'
import { lapsed } from './rules/protection-dropped.ts'

// Longer is no public key of any kind.
const MAX_PUBLIC_KEY = 64 << 10

/**
 * Finds paths that a parent's attributes, or those before the walk, would have git encrypt, and this commit's don't:
 * ciphertext that stays there, whose next version will be plaintext, and files that are new there. Somebody may mean it
 * (a README among secrets), or have lost a line: so it is said, and stops nothing.
 */
export class LapseWatch {
  readonly #inspection: Inspection
  readonly #shapes: BlobShapes
  readonly #commits = new Set<string | null>()
  readonly #ground = new Set<AttributeGroup>()

  constructor(inspection: Inspection) {
    this.#inspection = inspection
    this.#shapes = new BlobShapes(inspection.objects)
  }

  /** Steps come parents first. */
  async look(
    { commit, entries, state, change }: Step,
    isProtected: (entry: Entry) => boolean,
  ): Promise<{ entry: Entry; draft: Draft }[]> {
    this.#commits.add(commit)
    if (change === null) return []
    for (const [i, parent] of change.parents.entries()) {
      const group = change.before[i]?.group
      if (group !== undefined && !this.#commits.has(parent)) this.#ground.add(group)
    }
    const groups = new Set([...change.before.map(({ group }) => group), ...this.#ground])
    groups.delete(state.group)
    const open = [...groups].some(({ protects }) => protects) ? entries.filter((e) => !isProtected(e)) : []
    const files = open.filter((entry) => isFile(entry) && !neverEncrypted(entry.path))
    const drivers = await Promise.all(
      [...groups].map((group) => group.drivers(files.map(({ path }) => path))),
    )
    const found: { entry: Entry; draft: Draft }[] = []
    for (const entry of files) {
      if (!drivers.some((known) => known.has(entry.path))) continue
      const draft = await this.#judge(entry)
      if (draft !== null) found.push({ entry, draft })
    }
    return found
  }

  async #judge({ path, oid, origin }: Entry): Promise<Draft | null> {
    const { objects } = this.#inspection
    await objects.need([oid])
    const { kind } = await this.#shapes.lookAt(path, oid)
    if (kind === 'age' || kind === 'sops') return lapsed(true)
    if (kind !== 'plaintext' || origin === 'kept') return null
    const start = path.endsWith('.pub') ? await objects.getUpTo(oid, MAX_PUBLIC_KEY) : null
    if (start !== null && isPublicKey(start.content)) return null
    return (await isForeignCiphertext(objects, path, oid)) ? null : lapsed(false)
  }
}
