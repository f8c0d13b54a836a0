import { type Repository, requireWorkTree } from '../git/repository.ts'
import { result } from './check.ts'
import type { CheckResult } from './finding.ts'
import { judgeIgnored } from './ignored-files.ts'
import { type CheckOptions, inspect } from './inspection.ts'
import { Judge } from './judge.ts'
import { workTreeEntries } from './sources/work-tree-entries.ts'
import { WorkTreeBlobs } from './work-tree-blobs.ts'

/**
 * The work tree as it lies, which is what a build would copy: files that git tracks or would add as a tree is judged,
 * and none of the protected ones may lie open; of ignored files those that are protected, and private keys.
 * @throws NixsecretError `usage` in a bare repository; `refused`, `missing` or `git` where not everything can be read
 */
export async function checkFiles(repo: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  const top = requireWorkTree(repo)
  let blobs: WorkTreeBlobs | undefined
  const source: NonNullable<Parameters<typeof inspect>[3]> = (git) => {
    blobs = new WorkTreeBlobs(top, repo.objectFormat, git)
    return blobs
  }
  return inspect(
    repo,
    options,
    async (inspection) => {
      inspection.scope = 'whole'
      const { step, ignored } = await workTreeEntries(inspection, blobs as WorkTreeBlobs, top)
      const judge = new Judge(inspection)
      await judge.all(only(step))
      const hidden = await judgeIgnored(inspection, top, ignored)
      return result(inspection, [...judge.raised, ...hidden], { gate: 'here', tips: [] })
    },
    source,
  )
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value
}
