import { LockState } from '../blob/lock-state.ts'
import { type OpenedFiles, openSealed } from '../blob/open-sealed.ts'
import { protectedEntries } from '../blob/protected-files.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'

/**
 * Decrypts every protected file of a clone that lies in the work tree as its unmodified ciphertext. Nothing else is
 * touched: neither what was changed, nor what `lock` holds, nor sealed paths.
 */
export async function openLocked(repo: Repository): Promise<OpenedFiles> {
  const git = { cwd: requireWorkTree(repo) }
  const locks = LockState.load(repo)
  const mayOpen = (await protectedEntries(git)).filter(
    ({ path, stage, driver, mode, skipped }) =>
      stage === 0 && driver === 'nixsecret' && mode.startsWith('100') && !skipped && !locks.isLocked(path),
  )
  return openSealed(mayOpen, git, repo.objectFormat)
}
