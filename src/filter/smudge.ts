import { isArmored } from '../age/armor.ts'
import { parseHeader } from '../age/header.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import type { FilterContext } from './filter-context.ts'
import type { Incoming } from './incoming.ts'
import { openLarge, unwrapLarge } from './large-blob.ts'

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

/**
 * From git to the work tree: ciphertext becomes plaintext where a key here opens it to the last chunk, and else goes
 * through as it is. Never fails for a blob's sake: with `required` git would abandon the whole checkout.
 */
export async function smudge(
  context: FilterContext,
  request: SmudgeRequest,
  incoming: Incoming,
): Promise<Smudged> {
  if (incoming.size === 0) return { content: Buffer.alloc(0), outcome: 'plaintext' }
  if (request.sealed || context.locked.isLocked(request.path)) return asItIs(incoming, 'held')
  const whole = incoming.whole()
  return whole === null ? smudgeLarge(context, request, incoming) : smudgeWhole(context, request, whole)
}

async function smudgeWhole(context: FilterContext, request: SmudgeRequest, whole: Buffer): Promise<Smudged> {
  const opened = await openBlob(whole, await context.keys.identities())
  if (opened.state !== 'open') {
    const outcome = opened.state === 'empty' ? 'plaintext' : opened.state
    return { content: whole, outcome }
  }
  remember(context, request.blob, whole, opened.plaintext)
  return { content: opened.plaintext, outcome: 'open' }
}

// Binary headers only: the rare armored blob is opened again to be compared.
function remember(context: FilterContext, blob: string | null, whole: Buffer, plaintext: Buffer): void {
  if (whole[0] === 0x2d) return
  const header = parseHeader(whole, true)
  if (header === null) return
  const oid = blob ?? blobId(whole, context.repo.objectFormat)
  context.memo.remember(context.memo.hash(plaintext), headerDigest(header), oid)
}

async function smudgeLarge(
  context: FilterContext,
  request: SmudgeRequest,
  incoming: Incoming,
): Promise<Smudged> {
  const source = () => incoming.read()
  const head = incoming.head(256)
  if (!beginsAsAge(head)) return asItIs(incoming, 'plaintext')
  // Armor of this size is not made by us; it is opened in memory.
  if (isArmored(head)) return smudgeWhole(context, request, Buffer.concat([...incoming.read()]))
  try {
    const key = await unwrapLarge(source, await context.keys.identities())
    if (key === null) return asItIs(incoming, 'locked')
    // Once to see that it is whole, since git can't be told after the first byte that it is not.
    for await (const _ of openLarge(source, key.header, key.fileKey));
    return { content: openLarge(source, key.header, key.fileKey), outcome: 'open' }
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') return asItIs(incoming, 'damaged')
    throw fault
  }
}

function asItIs(incoming: Incoming, outcome: Outcome): Smudged {
  const whole = incoming.whole()
  if (whole !== null) return { content: whole, outcome }
  async function* pieces() {
    yield* incoming.read()
  }
  return { content: pieces(), outcome }
}
