import type { BytePath } from '../byte-path.ts'
import { type Driver, driverOf, filterAttributes } from '../git/check-attr.ts'
import { listIndex, type TreeEntry } from '../git/list-index.ts'
import type { Repository } from '../git/repository.ts'
import { neverEncrypted } from '../policy/readers-of.ts'

/** An entry of the index that our filter is meant for. */
export interface ProtectedEntry extends TreeEntry {
  readonly driver: Driver
}

/** Every entry of the index at a protected path, symlinks, submodules and all stages of a conflict included. */
export async function protectedFiles(repo: Repository): Promise<ProtectedEntry[]> {
  const cwd = repo.workTree ?? repo.gitDir
  const entries = await listIndex({ cwd })
  const drivers = await driversOf(
    entries.map((entry) => entry.path),
    repo,
  )
  return entries.flatMap((entry) => {
    const driver = drivers.get(entry.path)
    return driver === undefined ? [] : [{ ...entry, driver }]
  })
}

/** The driver of ours that git would use for each path, by the attributes of the work tree. */
export async function driversOf(
  paths: readonly BytePath[],
  repo: Repository,
): Promise<Map<BytePath, Driver>> {
  const cwd = repo.workTree ?? repo.gitDir
  const values = await filterAttributes([...new Set(paths)], { cached: repo.workTree === null, cwd })
  const drivers = new Map<BytePath, Driver>()
  for (const [path, value] of values) {
    const driver = driverOf(value)
    if (driver !== null && !neverEncrypted(path)) drivers.set(path, driver)
  }
  return drivers
}
