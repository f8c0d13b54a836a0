import type { BytePath } from '../byte-path.ts'
import { type Cleaned, clean } from './clean.ts'
import { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { Incoming } from './incoming.ts'
import { beginLargeClean, type Direct, type LargeClean } from './large-clean.ts'
import { LargeSmudge } from './large-smudge.ts'
import { type Smudged, type SmudgeRequest, smudge } from './smudge.ts'

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
  const incoming = new Incoming<LargeClean>((head) => beginLargeClean(context, path, head, earlier, direct))
  return {
    write: (piece) => incoming.write(piece),
    finish: () => incoming.large?.finish() ?? clean(context, path, incoming.whole(), earlier),
    discard: () => incoming.discard(),
  }
}

/** Begins to smudge a blob; see {@link smudge}. */
export function beginSmudge(context: FilterContext, request: SmudgeRequest): Converting<Smudged> {
  const incoming = new Incoming<LargeSmudge>((head) => LargeSmudge.begin(context, request, head))
  return {
    write: (piece) => incoming.write(piece),
    finish: () =>
      incoming.large?.finish((blob) => smudge(context, request, blob)) ??
      smudge(context, request, incoming.whole()),
    discard: () => incoming.discard(),
  }
}
