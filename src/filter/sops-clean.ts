import { MAX_SOPS_SIZE, mayBeSops } from '../blob/may-be-sops.ts'
import type { Readers } from '../blob/readers.ts'
import { sopsMemoKey } from '../blob/sops-memo-key.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import type { Cleaned } from './cleaned.ts'
import { ConflictMarkers } from './conflict-markers.ts'
import { conflictWarning } from './conflict-warning.ts'
import type { EarlierBlob } from './earlier-blob.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { KeptDocuments } from './kept-documents.ts'
import { lockedFileChanged } from './locked-file-changed.ts'
import { type Wanted, withoutNewcomers } from './wanted-readers.ts'

/** What is to be cleaned. */
export interface SopsCleaning {
  readonly path: BytePath
  /** No age file, and not empty. */
  readonly content: Buffer
  /** The memo's hash of it. */
  readonly hash: Buffer
  readonly earlier: EarlierBlobs
  readonly wanted: Wanted
}

/** Whether a content is to become, or may be, a SOPS document: by the policy, else by what git has at its path. */
export async function isForSops(
  content: Buffer,
  earlier: EarlierBlobs,
  { format, pending }: Wanted,
): Promise<boolean> {
  if (format === 'sops' || mayBeSops(content)) return true
  return (
    (format === null || pending) && (((await earlier.index()) ?? (await earlier.head()))?.mayBeSops ?? false)
  )
}

/**
 * {@link clean} where git is to have a SOPS document: plaintext becomes one, in which every value that did not change
 * keeps its ciphertext; a document passes if git has it or a key here opens it.
 * @returns null where it is to be an age file: the policy says so, or it is a conflict that is not settled yet
 */
export async function cleanSops(context: FilterContext, what: SopsCleaning): Promise<Cleaned | null> {
  const { content, path, wanted } = what
  const memorized = wanted.pending ? null : await byMemo(context, what)
  if (memorized !== null) return { content: memorized }
  const { sopsShape } = await import('../blob/sops-files.ts')
  const shape = content.length > MAX_SOPS_SIZE ? null : sopsShape(path, content)
  if (shape !== null) return passDocument(context, what, shape.kind === 'sops')
  const same = wanted.readers === null || wanted.pending ? await sameDocument(context, what) : null
  if (same !== null) return { content: same }
  if (wanted.format === 'age') return null
  if (wanted.readers === null) throw wanted.fault
  try {
    const { document, isNew } = await newDocument(context, what, wanted.readers)
    if (!isNew) return { content: document }
    return {
      content: document,
      ...conflictWarning(path, ConflictMarkers.in(content)),
      ...withoutNewcomers(wanted),
    }
  } catch (fault) {
    // Conflict markers are no YAML, and "git diff" asks for such a file too.
    const unsettled = ConflictMarkers.in(content).found && (await what.earlier.index()) === null
    if (unsettled && fault instanceof NixsecretError) return null
    throw fault
  }
}

/** A blob that is known to be the document of this plaintext for these readers. */
async function byMemo(context: FilterContext, what: SopsCleaning): Promise<Buffer | null> {
  const { path, hash, earlier, wanted } = what
  if (wanted.readers === null || wanted.format !== 'sops') return null
  const known = context.memo.find(hash, sopsMemoKey(path, wanted.readers.digest))
  if (known === null) return null
  for (const blob of [await earlier.index(), await earlier.head()])
    if (blob?.oid === known) return wholeOf(context, blob)
  const blob = await earlier.byId(known)
  return blob === null ? null : wholeOf(context, blob)
}

/** Ciphertext in. */
async function passDocument(
  context: FilterContext,
  { path, content, earlier, wanted }: SopsCleaning,
  whole: boolean,
): Promise<Cleaned | null> {
  const oid = blobId(content, context.repo.objectFormat)
  const passed = { content, wasSealed: true }
  if ((await earlier.index())?.oid === oid || (await earlier.head())?.oid === oid) return passed
  // At another path it is a plaintext like any other.
  if (wanted.format === 'age') return null
  if (whole && (await context.catFile.info(oid))?.type === 'blob') return passed
  const { openSops } = await import('../blob/sops-files.ts')
  const opened = await openSops(path, content, await context.silentKeys.identities())
  if (opened?.state === 'open') return passed
  throw lockedFileChanged(path, 'a SOPS document')
}

/** Where there is no policy to go by, or not all of it is accepted, what git has at this path counts. */
async function sameDocument(context: FilterContext, what: SopsCleaning): Promise<Buffer | null> {
  const blobs = await blobsOf(context, what)
  const known = blobs.find(({ oid }) => context.memo.holds(what.hash, oid))
  if (known !== undefined) return known.content
  const { sopsHolding } = await import('../blob/sops-files.ts')
  const identities = await context.silentKeys.identities()
  const documents = blobs.map(({ content }) => content)
  return sopsHolding(what.path, what.content, { documents, identities }).catch(() => null)
}

async function newDocument(
  context: FilterContext,
  what: SopsCleaning,
  readers: Readers,
): Promise<{ document: Buffer; isNew: boolean }> {
  const { path, content, hash } = what
  const { memo } = context
  const { sealSops, sopsFits } = await import('../blob/sops-files.ts')
  const key = sopsMemoKey(path, readers.digest)
  const blobs = await blobsOf(context, what)
  // Without a key it can be known all the same.
  const known = blobs.find((blob) => memo.holds(hash, blob.oid) && sopsFits(path, blob.content, readers))
  if (known !== undefined) {
    memo.remember(hash, key, known.oid)
    return { document: known.content, isNew: false }
  }
  const documents = blobs.map((blob) => blob.content)
  const parts = [hash.toString('hex'), key, ...blobs.map(({ oid }) => oid)]
  const kept = KeptDocuments.in(context)
  let document = kept.find(parts)
  if (document === null) {
    const identities = await context.silentKeys.identities()
    document = await sealSops(path, content, readers, { documents, identities })
    if (!documents.includes(document)) kept.keep(parts, document)
  }
  memo.remember(hash, key, blobId(document, context.repo.objectFormat))
  return { document, isNew: !documents.includes(document) }
}

interface WholeBlob {
  readonly oid: string
  readonly content: Buffer
}

/** What git has at the path: in the index, or of both sides of a conflict there, and in HEAD. Each once. */
async function blobsOf(context: FilterContext, { path, earlier }: SopsCleaning): Promise<WholeBlob[]> {
  const index = await earlier.index()
  const stage = (number: 2 | 3) => earlier.byId(Buffer.from(`:${number}:${path}`, 'latin1'))
  const found = [...(index === null ? [await stage(2), await stage(3)] : [index]), await earlier.head()]
  const blobs = new Map<string, WholeBlob>()
  for (const blob of found) {
    const content = blob === null || blobs.has(blob.oid) ? null : await wholeOf(context, blob)
    if (blob !== null && content !== null) blobs.set(blob.oid, { oid: blob.oid, content })
  }
  return [...blobs.values()]
}

async function wholeOf(context: FilterContext, blob: EarlierBlob): Promise<Buffer | null> {
  if (blob.whole !== null) return blob.whole
  return blob.size > MAX_SOPS_SIZE ? null : ((await context.catFile.get(blob.oid))?.content ?? null)
}
