import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Repository } from '../../../git/repository.ts'

/**
 * Names of the commits that what is in the index may come from: HEAD, and what is being merged or picked into it. While
 * `pre-merge-commit` runs, git has written no MERGE_HEAD yet, and only its environment tells (measured with git 2.39).
 */
export function tipsHere({ gitDir }: Pick<Repository, 'gitDir'>): string[] {
  const picked = ['CHERRY_PICK_HEAD', 'REVERT_HEAD'].flatMap((name) => idsIn(join(gitDir, name)))
  return ['HEAD', ...new Set([...mergedHere({ gitDir }), ...picked])]
}

/** Ids of the commits that are being merged into HEAD with all their history. */
export function mergedHere({ gitDir }: Pick<Repository, 'gitDir'>): string[] {
  const named = Object.keys(process.env).flatMap(
    (name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? [],
  )
  return [...new Set([...idsIn(join(gitDir, 'MERGE_HEAD')), ...named])]
}

function idsIn(file: string): string[] {
  const lines = existsSync(file) ? readFileSync(file, 'latin1').split('\n') : []
  return lines.filter((oid) => /^[0-9a-f]{40,64}$/.test(oid))
}
