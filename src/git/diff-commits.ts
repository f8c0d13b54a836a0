import type { Change, DiffTree } from './diff-tree.ts'
import type { CommitLine } from './rev-list.ts'

/** Commits handed to git at once. */
export const DIFF_BATCH = 256
// Batches ahead: enough that git never waits for us, few enough to hold.
const AHEAD = 6

/** Some commits that follow one another, and what each changes. */
export interface DiffedCommits {
  readonly commits: readonly CommitLine[]
  readonly changes: readonly (readonly Change[])[]
}

/**
 * What each of many commits changes, in their order, batch by batch.
 * @param readers processes of git that share the work: of a long walk git's part takes longest, and one uses one core
 */
export async function* diffCommits(
  commits: readonly CommitLine[],
  readers: readonly DiffTree[],
): AsyncGenerator<DiffedCommits> {
  const asked = Array.from({ length: AHEAD }, (_, i) => ask(i * DIFF_BATCH))
  for (let start = 0; start < commits.length; start += DIFF_BATCH) {
    const changes = await (asked.shift() as (typeof asked)[number])
    asked.push(ask(start + AHEAD * DIFF_BATCH))
    yield { commits: commits.slice(start, start + DIFF_BATCH), changes }
  }

  function ask(start: number): Promise<readonly Change[][]> {
    const oids = commits.slice(start, start + DIFF_BATCH).map((commit) => commit.oid)
    const reader = readers[(start / DIFF_BATCH) % readers.length] as DiffTree
    const answer = oids.length === 0 ? Promise.resolve([]) : reader.changes(oids)
    // Awaited a batch later; a fault must not count as unhandled until then.
    answer.catch(() => {})
    return answer
  }
}
