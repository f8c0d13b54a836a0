import type { Inspection } from './inspection.ts'
import type { Raised } from './raised.ts'
import { protectionDropped } from './rules/protection-dropped.ts'

/**
 * Notes which dropped files a tip still has as plaintext, edited since or not: a commit is judged by what it changes,
 * so that it alone does not tell.
 */
export async function markStillDropped(
  inspection: Inspection,
  raised: readonly Raised[],
  tips: readonly string[],
): Promise<readonly Raised[]> {
  if (!raised.some(isOpenQuestion)) return raised
  const trees = await Promise.all(tips.map((tip) => inspection.tree(tip)))
  return Promise.all(
    raised.map(async (one) => {
      if (!isOpenQuestion(one)) return one
      const lines = trees.flatMap((tree) => tree.filter((line) => line.path === one.entry.path))
      const shapes = await Promise.all(
        lines
          .filter(({ mode }) => mode.startsWith('100'))
          .map(({ path, oid }) => (oid === one.entry.oid ? null : inspection.blobs.lookAt(path, oid))),
      )
      return { ...one, atTip: shapes.some((shape) => shape === null || shape.kind === 'plaintext') }
    }),
  )
}

function isOpenQuestion({ rule, atTip }: Raised): boolean {
  return rule === protectionDropped.id && !atTip
}
