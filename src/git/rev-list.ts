import { runGit } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

/** A commit and the commits that it was made from, as git sees them (none at the edge of a shallow clone). */
export interface CommitLine {
  readonly oid: string
  readonly parents: readonly string[]
}

/**
 * Commits reachable from `tips` and from none of `without`, parents before children.
 * @param tips object ids of commits
 * @param without object ids of commits that are here
 * @param most the newest, where there are more
 */
export async function listCommits(
  tips: readonly string[],
  without: readonly string[],
  place: GitPlace,
  most: number | null = null,
): Promise<CommitLine[]> {
  if (tips.length === 0) return []
  const input = Buffer.from([...tips, ...without.map((oid) => `^${oid}`), ''].join('\n'))
  const limit = most === null ? [] : [`--max-count=${most}`]
  const args = ['rev-list', '--topo-order', '--reverse', '--parents', ...limit, '--stdin']
  const output = await runGit(args, { ...place, input })
  return output
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [oid = '', ...parents] = line.split(' ')
      return { oid, parents }
    })
}
