import type { PolicyHistory } from '../blob/trust/history/policy-history.ts'
import type { BytePath } from '../byte-path.ts'
import { diffCommits } from '../git/diff-commits.ts'
import { DiffTree } from '../git/diff-tree.ts'
import { mergePicks } from '../git/merge-picks.ts'
import type { Repository } from '../git/repository.ts'
import type { CommitLine } from '../git/rev-list.ts'
import { neverEncrypted } from '../policy/readers-of.ts'

/**
 * Ids of those of the commits that change what decides who reads what; of merges, where git alone would have merged
 * otherwise.
 * @param moved secrets whose ciphertext counts, too
 * @throws NixsecretError `git`
 */
export async function bringingCommits(
  { catFile, git }: PolicyHistory,
  commits: readonly CommitLine[],
  { moved, objectFormat }: { readonly moved: readonly BytePath[] } & Pick<Repository, 'objectFormat'>,
): Promise<string[]> {
  const ours = new Set(moved)
  const isAsked = (path: BytePath) => neverEncrypted(path) || ours.has(path)
  const trees = new DiffTree(git, objectFormat)
  const view = { catFile, trees, place: git }
  const bringing: string[] = []
  try {
    for await (const batch of diffCommits(commits, [trees]))
      for (const [i, { oid, parents }] of batch.commits.entries())
        if (batch.changes[i]?.some(({ path }) => isAsked(path)) || (await picks(oid, parents)))
          bringing.push(oid)
    return bringing
  } finally {
    trees.close()
  }

  async function picks(oid: string, parents: readonly string[]): Promise<boolean> {
    if (parents.length < 2) return false
    return (await mergePicks(view, oid, parents, async (paths) => new Set(paths.filter(isAsked)))).length > 0
  }
}
