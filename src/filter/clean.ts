import { enarmor } from '../age/armor.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import type { Readers } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { blobId } from '../git/object-id.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { Cleaned } from './cleaned.ts'
import { ConflictMarkers } from './conflict-markers.ts'
import { conflictWarning } from './conflict-warning.ts'
import type { EarlierBlob } from './earlier-blob.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { holdsPlaintext, type Plaintext } from './holds-plaintext.ts'
import { lockedFileChanged } from './locked-file-changed.ts'
import { newNonce, sealWholeAs } from './seal-as.ts'
import { cleanSops, isForSops } from './sops-clean.ts'
import { type Wanted, wantedReaders, withoutNewcomers } from './wanted-readers.ts'

/**
 * From the work tree to git: plaintext becomes ciphertext, unchanged plaintext keeps its blob, ciphertext passes.
 * Reuse is tried before the policy is asked for, since a clean that fails breaks `git status` too.
 * @param content the whole file
 * @throws NixsecretError where the file must not enter git as it is; never is plaintext let through
 */
export async function clean(
  context: FilterContext,
  path: BytePath,
  content: Buffer,
  earlier: EarlierBlobs,
): Promise<Cleaned> {
  // An empty file stays an empty blob: git itself treats it specially in rebase.
  if (content.length === 0) return { content: (await sealedEmpty(context, path, earlier)) ?? content }
  if (neverEncrypted(path)) return { content }
  const ciphertext = beginsAsAge(content)
  if (ciphertext && (await isKnown(context, content, earlier))) {
    return { content, ...(await sealedConflict(context, path, content, earlier)) }
  }
  const plaintext = { size: content.length, hash: context.memo.hash(content) }
  const wanted = await wantedReaders(context, path, earlier)
  if (!ciphertext && (await isForSops(content, earlier, wanted))) {
    const cleaned = await cleanSops(context, { path, content, hash: plaintext.hash, earlier, wanted })
    if (cleaned !== null) return cleaned
  }
  const reused = await reusable(context, plaintext, earlier, wanted)
  if (reused !== null) {
    // A merge's result is known before anybody has added it; what git has at this path is not news.
    const old = (await earlier.index())?.oid === reused.oid || (await earlier.head())?.oid === reused.oid
    const news = { ...conflictWarning(path, ConflictMarkers.in(content)), ...withoutNewcomers(wanted) }
    return { content: reused.content, ...(old ? {} : news) }
  }
  if (ciphertext) {
    if ((await openBlob(content, await context.silentKeys.identities())).state === 'open') return { content }
    throw lockedFileChanged(path)
  }
  if (wanted.readers === null) throw wanted.fault
  const cleaned = await seal(context, path, content, earlier, plaintext, wanted.readers)
  return { ...cleaned, ...withoutNewcomers(wanted) }
}

/** A blob of another tool that seals nothing at all: emptiness is unchanged plaintext then. */
async function sealedEmpty(
  context: FilterContext,
  path: BytePath,
  earlier: EarlierBlobs,
): Promise<Buffer | null> {
  const blob = await earlier.index()
  if (blob?.shape.kind !== 'age' || blob.shape.plaintextSize !== 0) return null
  const { readers, pending } = await wantedReaders(context, path, earlier)
  if (!blob.sealedFor(pending ? null : readers)) return null
  const plaintext = { size: 0, hash: context.memo.hash(Buffer.alloc(0)) }
  return (await holdsPlaintext(context, blob, plaintext)) ? blob.whole : null
}

/** Whether bytes that begin as an age file are a blob that git has. */
async function isKnown(context: FilterContext, content: Buffer, earlier: EarlierBlobs): Promise<boolean> {
  const oid = blobId(content, context.repo.objectFormat)
  if ((await earlier.index())?.oid === oid || (await earlier.head())?.oid === oid) return true
  return (await context.catFile.info(oid))?.type === 'blob'
}

/** A merge leaves its conflict in the ciphertext, where it stays so in the work tree; the index has no such file yet. */
async function sealedConflict(
  context: FilterContext,
  path: BytePath,
  blob: Buffer,
  earlier: EarlierBlobs,
): Promise<{ warning?: string }> {
  if ((await earlier.index()) !== null) return {}
  const opened = await openBlob(blob, await context.silentKeys.identities())
  return opened.state === 'open' ? conflictWarning(path, ConflictMarkers.in(opened.plaintext)) : {}
}

/**
 * The blob that a plaintext keeps. The path's own blob comes before one that the memo knows, since two people
 * may have sealed the same plaintext; where there is no policy to go by only the path's own blobs count, and where
 * something of it is not accepted they count whoever they are for.
 */
export async function reusable(
  context: FilterContext,
  plaintext: Plaintext,
  earlier: EarlierBlobs,
  { readers, pending }: Wanted,
): Promise<EarlierBlob | null> {
  const known = readers === null ? null : context.memo.find(plaintext.hash, readers.digest)
  for (const find of [() => earlier.index(), () => earlier.head()]) {
    const blob = await find()
    if (blob === null) continue
    // The memo's word spares even the look at the header.
    if (blob.oid === known) return blob
    if (blob.sealedFor(pending ? null : readers) && (await holdsPlaintext(context, blob, plaintext))) {
      const digest = blob.header === null ? null : headerDigest(blob.header)
      context.memo.remember(plaintext.hash, digest, blob.oid)
      return blob
    }
  }
  // It may have been garbage-collected.
  const blob = known === null ? null : await earlier.byId(known)
  return blob?.sealedFor(readers) ? blob : null
}

async function seal(
  context: FilterContext,
  path: BytePath,
  content: Buffer,
  earlier: EarlierBlobs,
  plaintext: Plaintext,
  readers: Readers,
): Promise<Cleaned> {
  const { seals } = context
  let how = seals.find(plaintext.hash, readers.digest)
  if (how === null) {
    how = { ...(await context.headers.take(readers)), nonce: newNonce() }
    seals.keep(plaintext.hash, readers.digest, how)
  }
  const sealed = sealWholeAs(how, content)
  const blob = (await wasArmored(earlier)) ? enarmor(sealed) : sealed
  context.memo.remember(plaintext.hash, readers.digest, blobId(blob, context.repo.objectFormat))
  return { content: blob, ...conflictWarning(path, ConflictMarkers.in(content)) }
}

/** Whether the path's blob came as text, so that the next one is text too. */
export async function wasArmored(earlier: EarlierBlobs): Promise<boolean> {
  return ((await earlier.index()) ?? (await earlier.head()))?.armored ?? false
}
