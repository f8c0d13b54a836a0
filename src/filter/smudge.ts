import { type OpenedFile, openFile } from '../blob/open-file.ts'
import type { BytePath } from '../byte-path.ts'
import { blobId } from '../git/object-id.ts'
import type { FilterContext } from './filter-context.ts'

/** What happened to a file on its way to the work tree. */
export type Outcome =
  /** It is plaintext now. */
  | 'open'
  /** No key here opens it; it stays as it is. */
  | 'locked'
  /** It is to stay ciphertext: `git nixsecret lock` or the sealed driver. */
  | 'held'
  /** It is no whole age file; it stays as it is. */
  | 'damaged'
  /** git has it as plaintext, which is for `check` to say. */
  | 'plaintext'

export interface Smudged {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
  readonly outcome: Outcome
}

/** What is to be smudged. */
export interface SmudgeRequest {
  readonly path: BytePath
  /** Its object id, where git says it. */
  readonly blob: string | null
  /** Whether the path has the sealed driver. */
  readonly sealed: boolean
}

/** Whether a path is to stay ciphertext in this work tree. */
export function isHeld(context: FilterContext, request: SmudgeRequest): boolean {
  return request.sealed || context.locked.isLocked(request.path)
}

/**
 * From git to the work tree: ciphertext becomes plaintext where a key here opens it to the last chunk, and else goes
 * through as it is. Never fails for a blob's sake: with `required` git would abandon the whole checkout.
 */
export async function smudge(context: FilterContext, request: SmudgeRequest, blob: Buffer): Promise<Smudged> {
  if (isHeld(context, request)) return { content: blob, outcome: 'held' }
  const opened = await open(context, request.path, blob)
  if (opened.state !== 'open') {
    return { content: blob, outcome: opened.state === 'empty' ? 'plaintext' : opened.state }
  }
  rememberOpened(context, request, blob, context.memo.hash(opened.plaintext), opened.digest)
  return { content: opened.plaintext, outcome: 'open' }
}

async function open(context: FilterContext, path: BytePath, blob: Buffer): Promise<OpenedFile> {
  try {
    return await openFile(path, blob, await context.keys.identities())
  } catch {
    // Whatever went wrong with the keys, the file is whole and stays locked.
    return { state: 'locked' }
  }
}

/**
 * Lets the memo know that a blob holds a plaintext, which is about to be at the path.
 * @param blob as git hands it over, which is another one where a path is converted further
 *   (`ident`, line ends), or replaced
 * @param hash of the plaintext
 * @param digest of its readers, as the blob says
 */
export function rememberOpened(
  context: FilterContext,
  { path, blob: named }: Pick<SmudgeRequest, 'path' | 'blob'>,
  blob: Buffer,
  hash: Buffer,
  digest: string | null,
): void {
  const oid = blobId(blob, context.repo.objectFormat)
  context.written.add(path, named ?? oid)
  // Binary blobs only: the rare armored one is opened again to be compared.
  if (blob[0] === 0x2d) return
  if (named !== null && named !== oid) return
  context.memo.remember(hash, digest, oid)
}
