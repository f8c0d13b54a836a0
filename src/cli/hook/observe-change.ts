import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Present, withPresent } from '../../blob/trust/present.ts'
import { observeHere } from '../../blob/trust/seen/observe.ts'
import { NixsecretError } from '../../errors.ts'
import { openRepository } from '../../git/repository.ts'
import { tellUnenrolled } from './tell-unenrolled.ts'

/**
 * Takes note of what commits that came here have taken away from readers, and tells what is to be accepted. What a rebase has
 * on its way does not stay.
 */
export async function observeChange(): Promise<void> {
  const repo = await openRepository()
  const rebasing = ['rebase-merge', 'rebase-apply'].some((dir) => existsSync(join(repo.gitDir, dir)))
  if (rebasing || repo.workTree === null || tellUnenrolled(repo)) return
  // A policy that can't be read gives nobody anything; other commands say what is wrong with it.
  await quietly(() => withPresent(repo, notice))
}

async function notice(present: Present): Promise<void> {
  const { tellPending, tellSigned } = await import('./tell-pending.ts')
  // Before anything of it is only observed.
  await quietly(() => tellSigned(present))
  await quietly(() => observeHere(present))
  await quietly(() => tellPending(present))
}

async function quietly(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
  }
}
