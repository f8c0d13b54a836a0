import { createHash } from 'node:crypto'
import { beginsAsAge } from '../age/inspect.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import { sealBlob } from '../blob/seal-blob.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import { ConflictMarkers } from './conflict-markers.ts'
import { type EarlierBlob, holdsPlaintext } from './earlier-blob.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import type { Incoming } from './incoming.ts'
import { openLarge, sealLarge, unwrapLarge } from './large-blob.ts'

/** What clean hands to git, and what the user should hear about it. */
export interface Cleaned {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
  readonly warning?: string
}

// Enough for any first line of an age file, binary or armored.
const HEAD_BYTES = 256

/**
 * From the work tree to git: plaintext becomes ciphertext, unchanged plaintext keeps its blob, ciphertext passes.
 * See "Clean and smudge" in docs/architecture.md for the order and its reasons.
 * @throws NixsecretError where the file must not enter git as it is; never is plaintext let through
 */
export async function clean(
  context: FilterContext,
  path: BytePath,
  incoming: Incoming,
  earlier: EarlierBlobs,
): Promise<Cleaned> {
  // An empty file stays an empty blob: git itself treats it specially in rebase.
  if (incoming.size === 0) return { content: Buffer.alloc(0) }
  const ciphertext = beginsAsAge(incoming.head(HEAD_BYTES))
  if (ciphertext && (await passes(context, incoming, earlier))) return { content: passOn(incoming) }
  const hash = hashOf(context, incoming)
  const wanted = await readersOrFault(context, path)
  const reused = await reusable(context, incoming, earlier, hash, wanted.readers)
  if (reused !== null) return { content: reused.content }
  if (ciphertext) throw lockedFileChanged(path)
  if (wanted.readers === null) throw wanted.fault
  return seal(context, path, incoming, earlier, hash, wanted.readers)
}

function passOn(incoming: Incoming): Uint8Array | AsyncIterable<Uint8Array> {
  return incoming.whole() ?? drain(incoming)
}

async function* drain(incoming: Incoming): AsyncGenerator<Buffer> {
  yield* incoming.read()
}

function hashOf(context: FilterContext, incoming: Incoming): Buffer {
  const hasher = context.memo.hasher()
  for (const piece of incoming.read()) hasher.update(piece)
  return hasher.digest()
}

/** Whether bytes that begin as an age file are a blob that git has, or one that a key here opens to its end. */
async function passes(context: FilterContext, incoming: Incoming, earlier: EarlierBlobs): Promise<boolean> {
  const oid = blobIdOf(context, incoming)
  if ((await earlier.index())?.oid === oid || (await earlier.head())?.oid === oid) return true
  if ((await context.catFile.info(oid))?.type === 'blob') return true
  const identities = await context.silentKeys.identities()
  const whole = incoming.whole()
  if (whole !== null) return (await openBlob(whole, identities)).state === 'open'
  try {
    const key = await unwrapLarge(() => incoming.read(), identities)
    if (key === null) return false
    for await (const _ of openLarge(() => incoming.read(), key.header, key.fileKey));
    return true
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') return false
    throw fault
  }
}

function blobIdOf(context: FilterContext, incoming: Incoming): string {
  const whole = incoming.whole()
  if (whole !== null) return blobId(whole, context.repo.objectFormat)
  const hash = createHash(context.repo.objectFormat).update(`blob ${incoming.size}\0`)
  for (const piece of incoming.read()) hash.update(piece)
  return hash.digest('hex')
}

type Wanted = { readonly readers: Readers } | { readonly readers: null; readonly fault: NixsecretError }

// Only changed plaintext needs a policy, so a fault here waits until reuse has been tried.
async function readersOrFault(context: FilterContext, path: BytePath): Promise<Wanted> {
  try {
    const policy = await context.policy.current()
    if (policy !== null) return { readers: readersFor(policy, path) }
    const fault = new NixsecretError('policy', 'there is no nixsecret.toml that says for whom to encrypt', {
      hints: ['git nixsecret init'],
    })
    return { readers: null, fault }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { readers: null, fault }
    throw fault
  }
}

/**
 * The blob that this plaintext keeps. The path's own blob comes before one that the memo knows, since two people
 * may have sealed the same plaintext; where there is no policy to go by only the path's own blobs count.
 */
async function reusable(
  context: FilterContext,
  incoming: Incoming,
  earlier: EarlierBlobs,
  hash: Buffer,
  readers: Readers | null,
): Promise<EarlierBlob | null> {
  const known = readers === null ? null : context.memo.find(hash, readers.digest)
  for (const find of [() => earlier.index(), () => earlier.head()]) {
    const blob = await find()
    if (blob === null) continue
    // The memo's word spares even the look at the header.
    if (blob.oid === known) return blob
    if (blob.sealedFor(readers) && (await holdsPlaintext(context, blob, incoming, hash))) {
      context.memo.remember(hash, digestOf(blob), blob.oid)
      return blob
    }
  }
  // It may have been garbage-collected.
  const blob = known === null ? null : await earlier.byId(known)
  return blob?.sealedFor(readers) ? blob : null
}

function digestOf(blob: EarlierBlob): string | null {
  return blob.header === null ? null : headerDigest(blob.header)
}

async function seal(
  context: FilterContext,
  path: BytePath,
  incoming: Incoming,
  earlier: EarlierBlobs,
  hash: Buffer,
  readers: Readers,
): Promise<Cleaned> {
  const warning = warningFor(path, incoming)
  const whole = incoming.whole()
  if (whole === null) return { content: sealLarge(() => incoming.read(), readers), ...warning }
  const armored = ((await earlier.index()) ?? (await earlier.head()))?.armored ?? false
  const blob = await sealBlob(whole, readers, { armored, header: await context.headers.take(readers) })
  context.memo.remember(hash, readers.digest, blobId(blob, context.repo.objectFormat))
  return { content: blob, ...warning }
}

function warningFor(path: BytePath, incoming: Incoming): { warning?: string } {
  const markers = new ConflictMarkers()
  for (const piece of incoming.read()) markers.push(piece)
  markers.end()
  if (!markers.found) return {}
  return {
    warning: `${displayPath(path)} holds conflict markers, which nobody sees any more once it is encrypted`,
  }
}

function lockedFileChanged(path: BytePath): NixsecretError {
  const shown = displayPath(path)
  return new NixsecretError(
    'refused',
    `${shown}: locked file was changed; it is not a whole age file any more`,
    {
      hints: [`git nixsecret set ${shown}`, `git checkout -- ${shown}`],
    },
  )
}
