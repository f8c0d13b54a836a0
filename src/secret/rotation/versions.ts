import type { ReaderSets } from '../../blob/reader-sets.ts'
import { needsWhole, type SealedFor, sealedFor } from '../../blob/sealed-for.ts'
import type { BytePath } from '../../byte-path.ts'
import type { CatFile } from '../../git/cat-file.ts'

/** A blob that a path has, or had, and whom it is sealed for. */
export interface Version extends Omit<SealedFor, 'kind'> {
  readonly path: BytePath
  readonly oid: string
  /** `absent`: left out by a partial clone. */
  readonly kind: SealedFor['kind'] | 'absent'
  /** The whole blob; null where it is absent or larger than {@link WHOLE}. */
  readonly bytes: Buffer | null
}

/** Bytes; larger blobs are not held in memory, but for SOPS documents and armored files. */
const WHOLE = 1 << 20
/** Blobs read together. */
const BATCH = 32

/** A place where a blob is to be looked at. */
export interface Place {
  readonly path: BytePath
  readonly oid: string
}

/** Reads blobs in their order, some at a time: no more than those are in memory. */
export async function* versions(
  catFile: CatFile,
  places: readonly Place[],
  sets: ReaderSets,
): AsyncGenerator<Version> {
  const read = (start: number) => {
    const batch = Promise.all(
      places.slice(start, start + BATCH).map((place) => version(catFile, place, sets)),
    )
    batch.catch(() => {})
    return batch
  }
  let next = read(0)
  for (let start = 0; start < places.length; start += BATCH) {
    const batch = await next
    // git reads the next while these are opened.
    next = read(start + BATCH)
    yield* batch
  }
}

async function version(catFile: CatFile, { path, oid }: Place, sets: ReaderSets): Promise<Version> {
  let blob = await catFile.getUpTo(oid, WHOLE)
  if (blob !== null && blob.content.length < blob.size && needsWhole(blob.content))
    blob = await catFile.get(oid)
  if (blob === null) {
    const nobody = { keys: sets.everNamed(path), unsure: sets.everNamed(path), isKnown: false }
    return { path, oid, kind: 'absent', ...nobody, plaintextSize: null, digest: null, bytes: null }
  }
  const { content, size } = blob
  const seal = await sealedFor(path, content, size, sets)
  return { ...seal, path, oid, bytes: content.length === size ? content : null }
}
