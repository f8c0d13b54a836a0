import { LockState } from '../blob/lock-state.ts'
import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { changedFiles } from '../git/changed-files.ts'
import { driverOf, filterAttributes } from '../git/check-attr.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { runGit, splitNul } from '../git/run-git.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { namePaths, pastePath } from './paste-path.ts'
import { inScope, type ProtectedFile, protectedFiles } from './protected-files.ts'
import { holdsPlaintextOf } from './same-plaintext.ts'
import { isBlob, lookAtWorkFile } from './work-file.ts'
import type { Workspace } from './workspace.ts'

/** Files, directories, or `''` for all. */
export type Scopes = readonly (BytePath | '')[]

/** What locking did. */
export interface Locked {
  /** Ciphertext now. */
  readonly locked: readonly BytePath[]
  /** Ciphertext before. */
  readonly already: readonly BytePath[]
  /** Plaintext in git itself, so that there is no ciphertext to put in their place. */
  readonly plaintext: readonly BytePath[]
}

/** What unlocking did. */
export interface Unlocked {
  /** Plaintext now. */
  readonly opened: readonly BytePath[]
  /** No key here opens them, or they are damaged. */
  readonly stillLocked: readonly BytePath[]
  /** Ciphertext that is not what git has: left as it is. */
  readonly changed: readonly BytePath[]
  /** Ciphertext for good: the sealed driver. */
  readonly sealed: readonly BytePath[]
}

/**
 * Turns files of the work tree into ciphertext and has smudge leave them so. All or nothing.
 * @param scopes none: everything
 * @throws NixsecretError `refused` where a secret holds what git does not have yet
 */
export async function lockFiles(space: Workspace, scopes: Scopes): Promise<Locked> {
  const { files, unmerged } = await protectedFiles(space, scopes)
  const git = { ...space.git, cwd: space.top }
  const changed = await reallyChanged(space, files, await changedFiles(files, git))
  const loose = [...unmerged, ...changed, ...(await untrackedSecrets(space, scopes))]
  if (loose.length > 0) throw unsaved(space, loose)
  remember(space, scopes, true)
  const kinds = new Map(files.map(({ path }) => [path, lookAtWorkFile(space.top, path).kind]))
  const open = files.filter(({ path, skipped }) => !skipped && kinds.get(path) === 'plaintext')
  await checkoutIndex(
    open.map(({ path }) => path),
    { ...git, filtered: false },
  )
  const plaintext = open.filter(({ path }) => lookAtWorkFile(space.top, path).kind === 'plaintext')
  return {
    locked: pathsOf(open.filter((file) => !plaintext.includes(file))),
    already: pathsOf(files.filter(({ path }) => kinds.get(path) === 'sealed')),
    plaintext: pathsOf(plaintext),
  }
}

/**
 * Turns files of the work tree back into plaintext, as far as a key here opens them.
 * A locked file that was changed is left alone.
 * @param scopes none: everything
 */
export async function unlockFiles(space: Workspace, scopes: Scopes): Promise<Unlocked> {
  const { files } = await protectedFiles(space, scopes)
  remember(space, scopes, false)
  const sealed = files.filter(
    ({ path, skipped }) => !skipped && lookAtWorkFile(space.top, path).kind === 'sealed',
  )
  const wanted = sealed.filter(({ driver }) => driver === 'nixsecret')
  const intact = wanted.filter((file) => isUntouched(space, file))
  await checkoutIndex(pathsOf(intact), { ...space.git, cwd: space.top, filtered: true })
  const stillLocked = intact.filter(({ path }) => lookAtWorkFile(space.top, path).kind === 'sealed')
  return {
    opened: pathsOf(intact.filter((file) => !stillLocked.includes(file))),
    stillLocked: pathsOf(stillLocked),
    changed: pathsOf(wanted.filter((file) => !intact.includes(file))),
    sealed: pathsOf(sealed.filter(({ driver }) => driver !== 'nixsecret')),
  }
}

function pathsOf(files: readonly ProtectedFile[]): BytePath[] {
  return files.map(({ path }) => path)
}

function remember(space: Workspace, scopes: Scopes, locked: boolean): void {
  const state = LockState.load(space.repo)
  for (const scope of scopes.length === 0 ? ['' as const] : scopes) {
    if (locked) state.lock(scope)
    else state.unlock(scope)
  }
  state.save(space.repo)
}

function isUntouched(space: Workspace, { path, oid }: ProtectedFile): boolean {
  const file = lookAtWorkFile(space.top, path)
  return 'stat' in file && isBlob(space.top, path, file.stat.size, oid, space.repo.objectFormat)
}

/**
 * Of the files that git takes for changed, those whose plaintext is: after a change of the policy clean makes
 * another blob of what is the same.
 */
async function reallyChanged(
  space: Workspace,
  files: readonly ProtectedFile[],
  suspects: ReadonlySet<BytePath>,
): Promise<BytePath[]> {
  const changed: BytePath[] = []
  for (const { path, oid } of files.filter((file) => suspects.has(file.path))) {
    if (!(await holdsPlaintextOf(space, path, oid))) changed.push(path)
  }
  return changed
}

/** Plaintext at protected paths that git does not know, but would take: locking could not bring it back. */
async function untrackedSecrets(space: Workspace, scopes: Scopes): Promise<BytePath[]> {
  const listed = await runGit(['ls-files', '--others', '--exclude-standard', '-z'], space.git)
  const wanted = scopes.length === 0 ? ([''] as const) : scopes
  const paths = splitNul(listed)
    .map(bytePath)
    .filter((path) => inScope(path, wanted) && !neverEncrypted(path))
  const attributes = await filterAttributes(paths, { ...space.git, cached: false })
  return paths.filter(
    (path) => driverOf(attributes.get(path)) !== null && lookAtWorkFile(space.top, path).kind === 'plaintext',
  )
}

function unsaved(space: Workspace, paths: readonly BytePath[]): NixsecretError {
  const words = paths
    .slice(0, 10)
    .map((path) => pastePath(space, path))
    .join(' ')
  const message = `git does not have what these secrets hold now, so nothing was locked: ${namePaths(paths)}`
  return new NixsecretError('refused', message, { hints: [`git add -- ${words}`] })
}
