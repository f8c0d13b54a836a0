import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type Driver, driverOf, filterAttributes } from '../git/check-attr.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../git/flagged-index.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { Workspace } from './workspace.ts'

/** A regular file of the index that one of our drivers filters. */
export interface ProtectedFile extends FlaggedEntry {
  readonly driver: Driver
}

/** What there is at the paths that a command was given. */
export interface ProtectedFiles {
  readonly files: readonly ProtectedFile[]
  /** Paths that a merge left in conflict. */
  readonly unmerged: readonly BytePath[]
}

/** Whether a path is one that was named, or lies in a directory that was. */
export function inScope(path: BytePath, scopes: readonly (BytePath | '')[]): boolean {
  return scopes.some((scope) => scope === '' || path === scope || path.startsWith(`${scope}/`))
}

/**
 * Every protected file of the index at some paths.
 * @param scopes files, directories, or `''` for all; none: all
 * @throws NixsecretError `missing` where a named path has no protected file
 */
export async function protectedFiles(
  space: Workspace,
  scopes: readonly (BytePath | '')[],
): Promise<ProtectedFiles> {
  const wanted = scopes.length === 0 ? ([''] as const) : scopes
  const entries = (await listFlaggedIndex({ ...space.git, cwd: space.top })).filter(
    ({ path, mode }) => mode.startsWith('100') && inScope(path, wanted) && !neverEncrypted(path),
  )
  const paths = [...new Set(entries.map(({ path }) => path))]
  const attributes = await filterAttributes(paths, { ...space.git, cached: false })
  const found = entries.flatMap((entry) => {
    const driver = driverOf(attributes.get(entry.path))
    return driver === null ? [] : [{ ...entry, driver }]
  })
  const nowhere = wanted.find((scope) => scope !== '' && !found.some(({ path }) => inScope(path, [scope])))
  if (nowhere !== undefined) throw notProtected(nowhere as BytePath, entries)
  return {
    files: found.filter(({ stage }) => stage === 0),
    unmerged: [...new Set(found.filter(({ stage }) => stage !== 0).map(({ path }) => path))],
  }
}

function notProtected(scope: BytePath, entries: readonly FlaggedEntry[]): NixsecretError {
  const shown = displayPath(scope)
  if (entries.some(({ path }) => inScope(path, [scope]))) {
    return new NixsecretError('missing', `${shown}: no .gitattributes line makes this a secret`, {
      hints: ['git nixsecret status'],
    })
  }
  return new NixsecretError('missing', `${shown}: git knows no file there`, { hints: [`git add ${shown}`] })
}
