import { chmodSync, closeSync, constants, lstatSync, openSync, writeFileSync } from 'node:fs'
import { Keys } from '../blob/keys.ts'
import { PolicySource } from '../blob/load-policy.ts'
import { openFile } from '../blob/open-file.ts'
import { refuseNewlyOpen } from '../blob/trust/moved/newly-open.ts'
import { lookAtWorkFile, workFileBytes, workFilePath } from '../blob/work-file.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import type { Driver } from '../git/check-attr.ts'
import type { Repository } from '../git/repository.ts'
import type { GitOptions } from '../git/run-git.ts'
import { storeOf } from '../policy/readers-of.ts'

/** Plaintext for one path of the twin. */
export interface OpenFile {
  readonly path: BytePath
  readonly plaintext: Buffer
}

/** What the policy lets into the store as plaintext. */
export interface OpenFiles {
  readonly files: readonly OpenFile[]
  /** Named so, too, but locked here, and no key opens them: they stay ciphertext. */
  readonly locked: readonly BytePath[]
}

/**
 * The files that the owner needs at evaluation: `store = "plaintext"` in the policy of the work tree. Never those with
 * `filter=nixsecret-sealed`: what lies open nowhere is not to lie open in the store.
 * @param git at the top of the work tree
 * @throws NixsecretError `policy` where it does not parse, `refused` where the user has not accepted that it says so, or
 *   that this ciphertext came there
 */
export async function openForStore(
  git: GitOptions & { readonly cwd: string },
  drivers: ReadonlyMap<BytePath, Driver>,
  repo: Repository,
): Promise<OpenFiles> {
  const candidates = [...drivers].flatMap(([path, driver]) => (driver === 'nixsecret' ? [path] : []))
  if (candidates.length === 0) return { files: [], locked: [] }
  const catFile = new CatFile(git)
  try {
    const policy = await new PolicySource(git.cwd, catFile).current()
    const named = policy === null ? [] : candidates.filter((path) => storeOf(policy, path) === 'plaintext')
    if (policy !== null) await refuseNewlyOpen(named, null, policy, { catFile, git, repo })
    const keys = new Keys(git, null)
    const files: OpenFile[] = []
    const locked: BytePath[] = []
    for (const path of named) {
      const plaintext = await plaintextOf(git.cwd, path, keys)
      if (plaintext === 'locked') locked.push(path)
      else if (plaintext !== null) files.push({ path, plaintext })
    }
    return { files, locked }
  } finally {
    catFile.close()
  }
}

/** @returns null where there is no such file, or nothing in it */
async function plaintextOf(top: string, path: BytePath, keys: Keys): Promise<Buffer | 'locked' | null> {
  const file = lookAtWorkFile(top, path)
  const bytes = workFileBytes(top, path)
  if (bytes === null || file.kind === 'empty') return null
  if (file.kind === 'plaintext') return bytes
  const opened = await openFile(path, bytes, await keys.identities())
  if (opened.state === 'open') return opened.plaintext
  if (opened.state === 'locked') return 'locked'
  throw new NixsecretError(
    'refused',
    `${displayPath(path)} is damaged, and the build is to read its plaintext`,
    {
      hints: ['git nixsecret status'],
    },
  )
}

/** Whether a file of the twin is this plaintext, and nobody else may read it. */
export function isOpenAs(tree: string, { path, plaintext }: OpenFile): boolean {
  const stat = lstatSync(workFilePath(tree, path), { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size !== plaintext.length || (stat.mode & 0o077) !== 0)
    return false
  return workFileBytes(tree, path)?.equals(plaintext) ?? false
}

/** Puts plaintext in the place of ciphertext in the twin, for its owner alone to read. */
export function writeOpen(tree: string, { path, plaintext }: OpenFile): void {
  const file = workFilePath(tree, path)
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile()) return
  // Before there is plaintext in it.
  chmodSync(file, stat.mode & 0o100 ? 0o700 : 0o600)
  const fd = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW)
  try {
    writeFileSync(fd, plaintext)
  } finally {
    closeSync(fd)
  }
}
