import type { AttributeGroup } from '../blob/protection.ts'
import type { TreeLine } from '../blob/tree-state.ts'
import type { BytePath } from '../byte-path.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { BlobShapes } from './blob-shapes.ts'
import { type Change, type Entry, isFile, type Step } from './entry.ts'
import type { Draft } from './finding.ts'
import type { Inspection } from './inspection.ts'
import { isForeignCiphertext } from './is-foreign-ciphertext.ts'
import { type Ciphertext, protectionDropped, similarName } from './rules/protection-dropped.ts'

type Lines = ReadonlyMap<BytePath, TreeLine>
interface Dropped {
  readonly entry: Entry
  readonly draft: Draft
}

/**
 * Finds what was ciphertext in a parent and is plaintext now. Steps come parents first.
 *
 * To compare every change with its parents would mean to read a whole history. Compared are the paths that may have
 * held ciphertext: protected in a parent or earlier in the walk; where ciphertext was moved to; and what the walk
 * started from, which is looked at once a path, but not in a partial clone, where each look would be a download.
 * Not seen: ciphertext that came to a path that was never protected within the walk, from nowhere, and not as `*.age`.
 */
export class DropWatch {
  readonly #inspection: Inspection
  readonly #shapes: BlobShapes
  /** Paths that may have held ciphertext, and object ids that were there. */
  readonly #paths = new Set<BytePath>()
  readonly #oids = new Set<string>()
  readonly #commits = new Set<string | null>()
  /** Paths that a step has changed. */
  readonly #seen = new Set<BytePath>()
  /** What lies before the walk. */
  readonly #ground = new Map<BytePath, Set<string>>()
  readonly #groundGroups = new Set<AttributeGroup>()
  /** What earlier commits of the walk took away, of paths that may have held ciphertext. */
  readonly #goneBefore = new Map<BytePath, TreeLine>()

  constructor(inspection: Inspection) {
    this.#inspection = inspection
    this.#shapes = new BlobShapes(inspection.objects)
  }

  /** @param isProtected by its own commit or by a tip: other rules judge it */
  async look({ entries, change }: Step, isProtected: (entry: Entry) => boolean): Promise<Dropped[]> {
    const open: Entry[] = []
    const closed: Entry[] = []
    for (const entry of entries) {
      if (isProtected(entry)) closed.push(entry)
      else if (entry.origin !== 'kept' && isFile(entry) && !neverEncrypted(entry.path)) open.push(entry)
    }
    // The edge of a shallow clone.
    if (change === null) this.#learn(entries.filter((entry) => entry.origin === 'kept'))
    else await this.#learnGround(change)
    const arrived = new Set(entries.flatMap(({ origin, oid }) => (origin === 'kept' ? [] : [oid])))
    const found = change === null || open.length === 0 ? [] : await this.#compare(open, change, arrived)
    // A look back over years would take any later file of that name for the secret.
    if (change !== null && !this.#inspection.audit) await this.#remember(change, arrived)
    for (const { path, oid } of closed) {
      this.#paths.add(path)
      this.#oids.add(oid)
    }
    for (const { path, oid } of open) if (this.#oids.has(oid)) this.#paths.add(path)
    for (const entry of entries) {
      if (entry.origin !== 'kept') this.#seen.add(entry.path)
      this.#commits.add(entry.commit)
    }
    return found
  }

  async #compare(open: readonly Entry[], change: Change, arrived: ReadonlySet<string>): Promise<Dropped[]> {
    const unseen = open.filter(({ path }) => !this.#seen.has(path))
    const suspects = await this.#suspects([...open.map(({ path }) => path), ...change.gone], change)
    // git lists what a merge takes away only where all parents have it.
    const merge = change.parents.length > 1 && unseen.length > 0
    const namesakes = (path: BytePath) =>
      [...this.#goneBefore.values()].filter((line) => similarName(line.path, path))
    if (suspects.size === 0 && !merge && open.every(({ path }) => namesakes(path).length === 0)) return []
    const parents = await Promise.all(change.parents.map((parent) => this.#tree(parent)))
    const gone = merge ? await this.#goneInMerge(open[0] as Entry, parents, change) : change.gone
    const left = linesOf(
      gone.filter((path) => merge || suspects.has(path)),
      parents,
    )
    for (const { oid } of left) this.#oids.add(oid)
    // Ciphertext that was moved as it is has not gone.
    const were = left.filter(({ oid }) => !arrived.has(oid))
    const before = new Set(parents.flatMap((parent) => [...parent.values()].map(({ oid }) => oid)))
    const found: Dropped[] = []
    for (const entry of open) {
      const isNew = parents.every((parent) => !parent.has(entry.path))
      // What a parent has elsewhere was only moved or copied.
      // On a branch that still has the secret it has not gone.
      const earlier = namesakes(entry.path).filter(({ path }) => parents.every((parent) => !parent.has(path)))
      const lines = isNew ? [...were, ...earlier] : linesOf([entry.path], parents)
      if (isNew ? lines.length === 0 || before.has(entry.oid) : !suspects.has(entry.path)) continue
      const was = await this.#ciphertexts(lines)
      const draft = was.length === 0 ? null : await this.#judge(entry, was)
      if (draft !== null) found.push({ entry, draft })
    }
    return found
  }

  async #judge({ path, oid }: Entry, was: readonly Ciphertext[]): Promise<Draft | null> {
    const size = (await this.#inspection.catFile.info(oid))?.size ?? 0
    const guess = protectionDropped.judge({ path, size, shape: { kind: 'plaintext' } }, was)
    // Name and size clear it, so its content need not be read.
    const draft = guess && protectionDropped.judge({ path, size, shape: await this.#shapes.look(oid) }, was)
    return draft === null || (await isForeignCiphertext(this.#inspection.objects, path, oid)) ? null : draft
  }

  async #remember(change: Change, arrived: ReadonlySet<string>): Promise<void> {
    const groups = change.before.map(({ group }) => group)
    const drivers = await Promise.all(groups.map((group) => group.drivers(change.gone)))
    const paths = change.gone.filter(
      (path) => this.#paths.has(path) || path.endsWith('.age') || drivers.some((known) => known.has(path)),
    )
    if (paths.length === 0) return
    const parents = await Promise.all(change.parents.map((parent) => this.#tree(parent)))
    for (const line of linesOf(paths, parents))
      if (!arrived.has(line.oid)) this.#goneBefore.set(line.path, line)
  }

  async #ciphertexts(lines: readonly TreeLine[]): Promise<Ciphertext[]> {
    await this.#inspection.objects.need(lines.map(({ oid }) => oid))
    const shapes = await Promise.all(lines.map(({ path, oid }) => this.#shapes.lookAt(path, oid)))
    return lines.flatMap(({ path }, i): Ciphertext[] => {
      const shape = shapes[i]
      if (shape?.kind === 'sops') return [{ path, plaintextSize: null }]
      return shape?.kind === 'age' ? [{ path, plaintextSize: shape.plaintextSize }] : []
    })
  }

  async #goneInMerge({ commit }: Entry, parents: readonly Lines[], change: Change): Promise<BytePath[]> {
    if (commit === null) return [...change.gone]
    const now = await this.#tree(commit)
    const gone = parents.flatMap((parent) => [...parent.keys()].filter((path) => !now.has(path)))
    return [...(await this.#suspects(gone, change))]
  }

  /** Those of the paths that may have held ciphertext. */
  async #suspects(paths: readonly BytePath[], { before }: Change): Promise<Set<BytePath>> {
    const groups = new Set([...before.map(({ group }) => group), ...this.#groundGroups])
    const drivers = await Promise.all([...groups].map((group) => group.drivers(paths)))
    const suspects = new Set<BytePath>()
    for (const path of paths) {
      const known =
        path.endsWith('.age') ||
        this.#paths.has(path) ||
        drivers.some((protectedPaths) => protectedPaths.has(path))
      if (known || (await this.#wasCiphertext(path))) suspects.add(path)
    }
    for (const path of suspects) this.#paths.add(path)
    return suspects
  }

  async #wasCiphertext(path: BytePath): Promise<boolean> {
    const oids = this.#seen.has(path) ? undefined : this.#ground.get(path)
    if (oids === undefined || (await this.#inspection.objects.promisors()).length > 0) return false
    const shapes = await Promise.all([...oids].map((oid) => this.#shapes.lookAt(path, oid)))
    return shapes.some(({ kind }) => kind === 'age' || kind === 'sops')
  }

  async #learnGround({ parents, before }: Change): Promise<void> {
    for (const [i, parent] of parents.entries()) {
      if (this.#commits.has(parent)) continue
      this.#commits.add(parent)
      const group = before[i]?.group
      if (group !== undefined) this.#groundGroups.add(group)
      this.#learn(await this.#inspection.tree(parent))
    }
  }

  #learn(lines: readonly TreeLine[]): void {
    for (const line of lines) {
      const oids = this.#ground.get(line.path)
      if (!isFile(line)) continue
      if (oids === undefined) this.#ground.set(line.path, new Set([line.oid]))
      else oids.add(line.oid)
    }
  }

  async #tree(commit: string): Promise<Lines> {
    const lines = await this.#inspection.tree(commit)
    return new Map(lines.filter(isFile).map((line) => [line.path, line]))
  }
}

function linesOf(paths: readonly BytePath[], parents: readonly Lines[]): TreeLine[] {
  return parents.flatMap((parent) => paths.flatMap((path) => parent.get(path) ?? []))
}
