import { MAX_ARMORED_SIZE } from '../../../age/armor.ts'
import { MAX_HEADER_SIZE } from '../../../age/header.ts'
import type { BytePath } from '../../../byte-path.ts'
import type { CatFile } from '../../../git/cat-file.ts'
import { pathsOfBlobs } from '../../../git/paths-of-blobs.ts'
import type { GitPlace } from '../../../git/true-view.ts'
import type { Policy } from '../../../policy/policy.ts'
import { formatOf, storeOf } from '../../../policy/readers-of.ts'
import type { Accepted } from '../accepted.ts'
import { ageIdsOf } from './age-ids.ts'
import type { FormerBlob } from './former-blob.ts'
import { readFormer } from './read-former.ts'

/** To what ciphertext is laid open by the path that it came to. */
export interface Exposed {
  /** `store`: its plaintext would enter the Nix store; `format`: it would become a SOPS document, keys in the open. */
  readonly opens: 'store' | 'format'
  /** Where the same ciphertext is or was; null where that is not known. */
  readonly from: BytePath | null
}

const NO_READERS = { recipients: [] }

/** Where to look. */
export interface Scene {
  readonly catFile: CatFile
  readonly git: GitPlace
  readonly repo: { readonly objectFormat: 'sha1' | 'sha256' }
}

/** Ciphertext, and by which ids git may know it: whoever has no key can't change it but for its armor. */
interface Suspect {
  readonly path: BytePath
  readonly opens: Exposed['opens']
  readonly ids: readonly string[]
}

/**
 * Finds ciphertext that came from a path where less was accepted: who has no key can copy it below a rule by which the
 * same readers read it, and it is shown to others all the same. What is not in the history, somebody sealed for here.
 * @param blobs what git has at paths, or could have
 * @returns by path; where it can't be told, it counts as such
 */
export async function exposedByMove(
  blobs: Iterable<readonly [BytePath, string]>,
  accepted: Accepted,
  policy: Policy | null,
  scene: Scene,
): Promise<Map<BytePath, Exposed>> {
  const exposed = new Map<BytePath, Exposed>()
  if (policy === null) return exposed
  const note = ({ path, opens }: Pick<Suspect, 'path' | 'opens'>, from: BytePath | null) => {
    // Of two the worse is told.
    if (exposed.get(path)?.opens !== 'store') exposed.set(path, { opens, from })
  }
  const suspects: Suspect[] = []
  for (const [path, oid] of blobs) {
    for (const opens of accepted.shows(policy, path, oid)) {
      const ids = await idsOf({ path, oid, opens }, accepted, scene)
      if (ids === null) note({ path, opens }, null)
      else if (ids.length > 0) suspects.push({ path, opens, ids })
    }
  }
  if (suspects.length === 0) return exposed
  const now = placesNow(accepted)
  const left = suspects.filter((suspect) => {
    const from = originOf(suspect, now, accepted, policy)
    if (from !== null) note(suspect, from)
    return from === null
  })
  const ever = await pathsOfBlobs(new Set(left.flatMap(({ ids }) => ids)), scene.git)
  for (const suspect of left) {
    const from = ever === null ? null : originOf(suspect, ever, accepted, policy)
    if (ever === null || from !== null) note(suspect, from)
  }
  return exposed
}

/** @returns null where it may be from anywhere; none where it keeps nothing from anybody */
async function idsOf(
  { path, oid, opens }: { readonly path: BytePath; readonly oid: string; readonly opens: Exposed['opens'] },
  accepted: Accepted,
  { catFile, repo }: Scene,
): Promise<string[] | null> {
  const former = await readFormer(catFile, path, oid, NO_READERS)
  if (former === null) return (await catFile.info(oid)) === null ? null : []
  // A document can be changed without its key, so that only its data key tells it.
  if (former.keys !== null)
    return opens === 'format' || (await sharesKey(path, former, accepted, catFile)) ? [] : null
  return ageIds(oid, catFile, repo.objectFormat)
}

/** An age file as it is, and with its armor taken off or put on. */
export async function ageIds(oid: string, catFile: CatFile, format: 'sha1' | 'sha256'): Promise<string[]> {
  const head = await catFile.getUpTo(oid, MAX_HEADER_SIZE)
  // Larger ones have no armor, and nobody reads one that has.
  if (head === null || head.size > MAX_ARMORED_SIZE) return [oid]
  const content = (await catFile.get(oid))?.content ?? head.content
  return ageIdsOf(content, format)
}

/** Whether a document has no data key but the one of the document that was accepted at its path. */
async function sharesKey(
  path: BytePath,
  { marks }: FormerBlob,
  { state }: Accepted,
  catFile: CatFile,
): Promise<boolean> {
  const known = state?.paths.get(path)
  const former = known === undefined ? null : await readFormer(catFile, path, known, NO_READERS)
  return marks.length > 0 && marks.every((mark) => former?.marks.includes(mark) ?? false)
}

/** Where what was accepted is, by its id. */
function placesNow({ state }: Accepted): Map<string, Set<BytePath>> {
  const places = new Map<string, Set<BytePath>>()
  for (const [path, oid] of state?.paths ?? []) places.set(oid, (places.get(oid) ?? new Set()).add(path))
  return places
}

/** Where less is accepted, a blob was; what is to be accepted of both paths alike is told otherwise. */
function originOf(
  { path, opens, ids }: Suspect,
  places: ReadonlyMap<string, ReadonlySet<BytePath>>,
  accepted: Accepted,
  policy: Policy,
): BytePath | null {
  const shows = (at: Pick<Accepted, 'storeOf' | 'formatOf'>, one: BytePath) =>
    opens === 'store' ? at.storeOf(one) !== null : at.formatOf(one) === 'sops'
  const now = {
    storeOf: (one: BytePath) => storeOf(policy, one),
    formatOf: (one: BytePath) => formatOf(policy, one),
  }
  const before = shows(accepted, path) ? accepted : now
  for (const id of ids)
    for (const other of places.get(id) ?? []) if (other !== path && !shows(before, other)) return other
  return null
}
