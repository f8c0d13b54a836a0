import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Repository } from '../../git/repository.ts'

const HEADS = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD']

/**
 * Names of the commits that what is in the index may come from: HEAD, and what is being merged or picked into it. While
 * `pre-merge-commit` runs, git has written no MERGE_HEAD yet, and only its environment tells (measured with git 2.39).
 */
export function tipsHere({ gitDir }: Pick<Repository, 'gitDir'>): string[] {
  const files = HEADS.map((name) => join(gitDir, name)).filter((file) => existsSync(file))
  const named = files.flatMap((file) => readFileSync(file, 'latin1').split('\n'))
  const merged = Object.keys(process.env).flatMap(
    (name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? [],
  )
  return ['HEAD', ...new Set([...named, ...merged].filter((oid) => /^[0-9a-f]{40,64}$/.test(oid)))]
}
