import { NixsecretError } from '../errors.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { type StagedBlob, stageBlobs } from '../git/stage-blobs.ts'
import { namePaths, pastePath } from './paste-path.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/**
 * Puts a blob into the index at a target, and into the work tree as smudge makes it.
 * @param beside what goes into both in the same step
 * @returns whether the index holds another blob than before
 */
export async function stage(
  space: Workspace,
  target: Target,
  oid: string,
  beside: readonly StagedBlob[] = [],
): Promise<boolean> {
  const { path, mode, entry } = target
  const flags = { skipped: entry?.skipped ?? false, pinned: entry?.pinned ?? false }
  const blobs = [{ path, mode, oid, ...flags }, ...beside]
  await stageBlobs(blobs, space.git)
  const shown = blobs.filter(({ skipped }) => !skipped).map((blob) => blob.path)
  try {
    await checkoutIndex(shown, { ...space.git, filtered: true })
  } catch (cause) {
    if (!(cause instanceof NixsecretError)) throw cause
    const message = `${namePaths(shown)} is staged, but could not be written to the work tree: ${cause.message}`
    throw new NixsecretError('git', message, {
      cause,
      hints: [`git checkout -- ${shown.map((one) => pastePath(space, one)).join(' ')}`],
    })
  }
  return entry?.oid !== oid
}
