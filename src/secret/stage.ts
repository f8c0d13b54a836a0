import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { stageBlobs } from '../git/stage-blobs.ts'
import { pastePath } from './paste-path.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/**
 * Puts a blob into the index at a target, and into the work tree as smudge makes it.
 * @returns whether the index holds another blob than before
 */
export async function stage(space: Workspace, target: Target, oid: string): Promise<boolean> {
  const { path, mode, entry } = target
  const flags = { skipped: entry?.skipped ?? false, pinned: entry?.pinned ?? false }
  await stageBlobs([{ path, mode, oid, ...flags }], space.git)
  if (!flags.skipped) {
    try {
      await checkoutIndex([path], { ...space.git, filtered: true })
    } catch (cause) {
      if (!(cause instanceof NixsecretError)) throw cause
      const message = `${displayPath(path)} is staged, but could not be written to the work tree: ${cause.message}`
      throw new NixsecretError('git', message, {
        cause,
        hints: [`git checkout -- ${pastePath(space, path)}`],
      })
    }
  }
  return entry?.oid !== oid
}
