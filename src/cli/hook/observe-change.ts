import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { observe } from '../../blob/trust/observe.ts'
import { NixsecretError } from '../../errors.ts'
import { openRepository, type Repository } from '../../git/repository.ts'

/**
 * Takes note of what a merge or checkout has taken away from readers.
 * @param args of the hook; `post-checkout` has before, after, and whether it was a branch
 * @returns the repository, or null where nothing new is there to stay: single files, a rebase on its way
 */
export async function observeChange(
  name: 'post-merge' | 'post-checkout',
  args: readonly string[],
): Promise<Repository | null> {
  if (name === 'post-checkout' && args[2] === '0') return null
  const repo = await openRepository()
  const rebasing = ['rebase-merge', 'rebase-apply'].some((dir) => existsSync(join(repo.gitDir, dir)))
  if (rebasing || repo.workTree === null) return null
  // Only what it needs is loaded by hooks that have nothing to say.
  const { tellPending, tellSigned } = await import('./tell-pending.ts')
  await tellSigned(repo)
  try {
    await observe(repo)
  } catch (fault) {
    // A policy that can't be read gives nobody anything; other commands say what is wrong with it.
    if (!(fault instanceof NixsecretError)) throw fault
  }
  await tellPending(repo)
  return repo
}
