import { GitConfig } from '../../git/config.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { checkCommitMessage } from './commit-message.ts'
import { checkConfiguration } from './configuration.ts'
import { checkFiles } from './files.ts'
import type { Diagnosis } from './finding.ts'
import { checkHooks } from './hooks.ts'
import { checkKeys } from './keys.ts'
import { checkPlugins } from './plugins.ts'
import { checkPolicy } from './policy.ts'
import { checkPrograms } from './programs.ts'
import { checkState } from './state.ts'
import { checkTemporary } from './temporary.ts'
import { checkTrust } from './trust.ts'

/** Every check, in the order in which a fault of one makes those after it pointless. Changes nothing. */
export async function examine(repo: Repository): Promise<Diagnosis[]> {
  const cwd = requireWorkTree(repo)
  const config = await GitConfig.read(cwd, 'effective')
  const { policy, diagnoses } = await checkPolicy(repo)
  return [
    ...(await checkPrograms(cwd)),
    ...checkConfiguration(repo, config),
    await checkCommitMessage(repo),
    ...(await checkHooks(repo, config)),
    checkState(repo),
    ...diagnoses,
    ...(await checkTrust(repo, policy)),
    ...checkPlugins(policy),
    ...(await checkKeys(cwd, policy)),
    ...(await checkFiles(repo)),
    ...(await checkTemporary()),
  ]
}
