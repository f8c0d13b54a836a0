import { beginsAsAge } from '../age/inspect.ts'
import type { BytePath } from '../byte-path.ts'
import { blobId } from '../git/object-id.ts'
import { clean } from './clean.ts'
import type { Cleaned, LargeClean } from './cleaned.ts'
import { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { Incoming } from './incoming.ts'
import { beginLargeClean } from './large-clean.ts'
import type { Direct } from './large-sealed.ts'
import { LargeSmudge } from './large-smudge.ts'
import { isHeld, rememberOpened, type Smudged, type SmudgeRequest, smudge } from './smudge.ts'

/** A file of any size that is being converted. */
export interface Converting<Result> {
  /** @throws NixsecretError `io` where a large content can't be spooled */
  write(piece: Buffer): void | Promise<void>
  finish(): Promise<Result>
  /** Gives the space back, once the result has been handed on or is not wanted any more. */
  discard(): void
}

/** Begins to clean a file; see {@link clean}. */
export function beginClean(
  context: FilterContext,
  path: BytePath,
  direct: Direct | null = null,
): Converting<Cleaned> {
  const earlier = new EarlierBlobs(context, path)
  // Asked for now, the answer is there when git has sent the file.
  earlier.index().catch(() => {})
  if (context.index.single) earlier.head().catch(() => {})
  const incoming = new Incoming<LargeClean>((head) => beginLargeClean(context, path, head, earlier, direct))
  return {
    write: (piece) => incoming.write(piece),
    finish: async () =>
      incoming.large?.finish() ?? noted(context, path, await clean(context, path, incoming.whole(), earlier)),
    discard: () => incoming.discard(),
  }
}

/** Lets the memo know what became of the path's plaintext. */
function noted(context: FilterContext, path: BytePath, cleaned: Cleaned): Cleaned {
  const { content } = cleaned
  if (content instanceof Uint8Array)
    context.memo.noteMade(context.placeOf(path), blobId(Buffer.from(content), context.repo.objectFormat))
  return cleaned
}

/**
 * Begins to smudge a blob; see {@link smudge}.
 * @param canDelay whether the answer may be put off; then {@link takeDelayed} gives it
 */
export function beginSmudge<CanDelay extends boolean>(
  context: FilterContext,
  request: SmudgeRequest,
  canDelay: CanDelay,
): Converting<Smudged | (CanDelay extends true ? 'delayed' : never)> {
  type Result = Smudged | (CanDelay extends true ? 'delayed' : never)
  const incoming = new Incoming<LargeSmudge>((head) => LargeSmudge.begin(context, request, head))
  return {
    write: (piece) => incoming.write(piece),
    finish: async (): Promise<Result> => {
      if (incoming.large !== null) return incoming.large.finish((blob) => smudge(context, request, blob))
      const blob = incoming.whole()
      const delayed =
        canDelay &&
        !isHeld(context, request) &&
        beginsAsAge(blob) &&
        // Where the keys can't be read it is opened here, as far as it can be.
        (await context.opener.accept(request.path, request.blob, blob).catch(() => false))
      return delayed ? ('delayed' as Result) : smudge(context, request, blob)
    },
    discard: () => incoming.discard(),
  }
}

/** Gives the answer that was put off for a path; git sends no content with its second question. */
export function takeDelayed(context: FilterContext, request: SmudgeRequest): Converting<Smudged> {
  return {
    write: () => {},
    finish: async () => {
      const delayed = context.opener.take(request.path)
      if (delayed === null) throw new Error('asked twice for a delayed file')
      const { blob, oid, answer } = delayed
      // A key under a passphrase may still open it, and only here can somebody be asked.
      if (answer?.state !== 'open') return smudge(context, { ...request, blob: oid }, blob)
      const { plaintext, hash, digest = null } = answer
      if (hash !== undefined)
        rememberOpened(context, { path: request.path, blob: oid }, blob, Buffer.from(hash), digest)
      return { content: plaintext, outcome: 'open' }
    },
    discard: () => {},
  }
}
