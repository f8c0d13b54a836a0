import { LockState } from '../blob/lock-state.ts'
import { type OpenedFiles, openSealed } from '../blob/open-sealed.ts'
import { driversOf, inScope, type Scopes } from '../blob/protected-files.ts'
import { lookAtWorkFile, looksSealed, stampOf } from '../blob/work-file.ts'
import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { changedFiles } from '../git/changed-files.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { runGit, splitNul } from '../git/run-git.ts'
import { namePaths, pastePath } from './paste-path.ts'
import { type ProtectedFile, protectedFiles } from './protected-files.ts'
import { holdsPlaintextOf } from './same-plaintext.ts'
import type { Workspace } from './workspace.ts'

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
export interface Unlocked extends OpenedFiles {
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
  const fresh = [...unmerged, ...(await untrackedSecrets(space, scopes))]
  const already = files.filter(({ path }) => looksSealed(space.top, path))
  const open = files.filter((file) => !file.skipped && mayBeOpen(space, file))
  // Times and sizes as git looks at them are not enough: `touch -r` and `rsync -t` put the old ones back.
  const stamps = new Map(open.map(({ path }) => [path, stampOf(space.top, path)]))
  const suspects = await changedFiles(files, git)
  const changed = files.filter(({ path }) => suspects.has(path) && !stamps.has(path))
  for (const file of open) if (!(await holdsPlaintextOf(space, file.path, file.oid))) changed.push(file)
  const moved = open.filter(({ path }) => stamps.get(path) !== stampOf(space.top, path))
  const unsaved = new Set([...fresh, ...pathsOf([...changed, ...moved])])
  if (unsaved.size > 0) throw refusal(space, [...unsaved], new Set([...fresh, ...suspects]))
  remember(space, scopes, true)
  await checkoutIndex(pathsOf(open), { ...git, filtered: false })
  const plaintext = open.filter(({ path }) => lookAtWorkFile(space.top, path).kind === 'plaintext')
  return {
    locked: pathsOf(open.filter((file) => !plaintext.includes(file))),
    already: pathsOf(already),
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
  const here = files.filter(({ skipped }) => !skipped)
  const wanted = here.filter(({ driver }) => driver === 'nixsecret')
  const git = { ...space.git, cwd: space.top }
  return {
    ...(await openSealed(wanted, git, space.repo.objectFormat)),
    sealed: pathsOf(here.filter((file) => !wanted.includes(file) && looksSealed(space.top, file.path))),
  }
}

function pathsOf(files: readonly ProtectedFile[]): BytePath[] {
  return files.map(({ path }) => path)
}

function mayBeOpen(space: Workspace, { path }: ProtectedFile): boolean {
  const { kind } = lookAtWorkFile(space.top, path)
  return kind === 'plaintext' || kind === 'unreadable'
}

function remember(space: Workspace, scopes: Scopes, locked: boolean): void {
  const state = LockState.load(space.repo)
  for (const scope of scopes.length === 0 ? ['' as const] : scopes) {
    if (locked) state.lock(scope)
    else state.unlock(scope)
  }
  state.save()
}

/** Plaintext at protected paths that git does not know, but would take: locking could not bring it back. */
async function untrackedSecrets(space: Workspace, scopes: Scopes): Promise<BytePath[]> {
  const listed = await runGit(['ls-files', '--others', '--exclude-standard', '-z'], space.git)
  const paths = splitNul(listed)
    .map(bytePath)
    .filter((path) => inScope(path, scopes))
  const drivers = await driversOf(paths, space.git)
  return paths.filter((path) => drivers.has(path) && lookAtWorkFile(space.top, path).kind === 'plaintext')
}

/** @param noticed those that git sees as new or changed: a plain "git add" would overlook the others */
function refusal(
  space: Workspace,
  unsaved: readonly BytePath[],
  noticed: ReadonlySet<BytePath>,
): NixsecretError {
  const hint = (command: string, paths: readonly BytePath[]) => {
    const words = paths.slice(0, 10).map((path) => pastePath(space, path))
    return words.length === 0 ? [] : [`${command} -- ${words.join(' ')}`]
  }
  const message = `git does not have what these secrets hold now, so nothing was locked: ${namePaths(unsaved)}`
  const seen = unsaved.filter((path) => noticed.has(path))
  const overlooked = unsaved.filter((path) => !noticed.has(path))
  return new NixsecretError('refused', message, {
    hints: [...hint('git add', seen), ...hint('git add --renormalize', overlooked)],
  })
}
