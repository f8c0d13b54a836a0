import type { Tree } from '@lezer/common'
import { parser } from './grammar/tables.gen.ts'
import { tokenizersFor } from './grammar/tokenizers-for.ts'

/** What Lezer made of a text. */
export interface LezerTree {
  /** Null if it was too deep to be built. */
  readonly tree: Tree | null
  /** Where the parser gave up; -1 if it did not. */
  readonly stoppedAt: number
  /** Why. */
  readonly reason: 'depth' | 'faults'
}

// Recovery takes up to 50 microseconds a token: about as many errors as are in a hundred broken files.
const FREE_WORK = 20_000

/** Brackets within brackets; far more than the tree is read to. */
const DEEPEST = 1000

/** Parses a text as far as the work of recovering from errors stays in proportion to its size. */
export function lezerTree(text: string): LezerTree {
  const work = { again: 0, furthest: -1, open: 0 }
  const parse = parser.configure({ tokenizers: tokenizersFor(text, work) }).startParse(text)
  let stoppedAt = -1
  const result = (tree: Tree | null): LezerTree => {
    return { tree, stoppedAt, reason: work.open > DEEPEST ? 'depth' : 'faults' }
  }
  try {
    for (;;) {
      const tree = parse.advance()
      if (tree !== null) return result(tree)
      if (stoppedAt >= 0) continue
      if (work.open <= DEEPEST && work.again <= FREE_WORK + text.length / 64) continue
      stoppedAt = parse.parsedPos
      parse.stopAt(stoppedAt)
    }
  } catch (error) {
    // Lezer builds its tree by recursion, up to 2,500 levels, which may be more than the stack holds.
    if (error instanceof RangeError) return result(null)
    throw error
  }
}
