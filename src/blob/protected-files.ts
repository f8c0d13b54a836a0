import type { BytePath } from '../byte-path.ts'
import { type Driver, driverOf, filterAttributes } from '../git/check-attr.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../git/flagged-index.ts'
import type { GitOptions } from '../git/run-git.ts'
import { neverEncrypted } from '../policy/readers-of.ts'

/** Files, directories, or `''` for everything. */
export type Scopes = readonly (BytePath | '')[]

/** An entry of the index that one of our drivers filters. */
export interface ProtectedEntry extends FlaggedEntry {
  readonly driver: Driver
}

/** Whether a path is one that was named, or lies in a directory that was; where nothing was named, all are. */
export function inScope(path: BytePath, scopes: Scopes): boolean {
  if (scopes.length === 0) return true
  return scopes.some((scope) => scope === '' || path === scope || path.startsWith(`${scope}/`))
}

/** Every entry of the index at a protected path, symlinks, submodules and all stages of a conflict included. */
export async function protectedEntries(
  git: GitOptions & { readonly cwd: string },
  scopes: Scopes = [],
): Promise<ProtectedEntry[]> {
  const entries = (await listFlaggedIndex(git)).filter(({ path }) => inScope(path, scopes))
  const drivers = await driversOf(
    entries.map(({ path }) => path),
    git,
  )
  return entries.flatMap((entry) => {
    const driver = drivers.get(entry.path)
    return driver === undefined ? [] : [{ ...entry, driver }]
  })
}

/** The driver of ours that git would use for each path, by the attributes of the work tree. */
export async function driversOf(
  paths: readonly BytePath[],
  git: GitOptions & { readonly cwd: string },
): Promise<Map<BytePath, Driver>> {
  const asked = [...new Set(paths)].filter((path) => !neverEncrypted(path))
  const drivers = new Map<BytePath, Driver>()
  for (const [path, value] of await filterAttributes(asked, { ...git, cached: false })) {
    const driver = driverOf(value)
    if (driver !== null) drivers.set(path, driver)
  }
  return drivers
}
