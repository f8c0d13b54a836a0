import { inScope, type ProtectedEntry, protectedEntries, type Scopes } from '../blob/protected-files.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import type { Workspace } from './workspace.ts'

/** A regular file of the index that one of our drivers filters. */
export type ProtectedFile = ProtectedEntry

/** What there is at the paths that a command was given. */
export interface ProtectedFiles {
  readonly files: readonly ProtectedFile[]
  /** Paths that a merge left in conflict. */
  readonly unmerged: readonly BytePath[]
}

/**
 * Every protected file of the index at some paths.
 * @param scopes files, directories, or `''` for all; none: all
 * @throws NixsecretError `missing` where a named path has no protected file
 */
export async function protectedFiles(space: Workspace, scopes: Scopes): Promise<ProtectedFiles> {
  const git = { ...space.git, cwd: space.top }
  const found = (await protectedEntries(git, scopes)).filter(({ mode }) => mode.startsWith('100'))
  const nowhere = scopes.find((scope) => scope !== '' && !found.some(({ path }) => inScope(path, [scope])))
  if (nowhere !== undefined) throw await notProtected(nowhere as BytePath, git)
  return {
    files: found.filter(({ stage }) => stage === 0),
    unmerged: [...new Set(found.filter(({ stage }) => stage !== 0).map(({ path }) => path))],
  }
}

async function notProtected(scope: BytePath, git: Workspace['git']): Promise<NixsecretError> {
  const shown = displayPath(scope)
  if ((await listFlaggedIndex(git)).some(({ path }) => inScope(path, [scope]))) {
    return new NixsecretError('missing', `${shown}: no .gitattributes line makes this a secret`, {
      hints: ['git nixsecret status'],
    })
  }
  return new NixsecretError('missing', `${shown}: git knows no file there`, { hints: [`git add ${shown}`] })
}
