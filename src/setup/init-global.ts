import { GitConfig } from '../git/config.ts'
import { DRIVER_ENTRIES } from './config-entries.ts'
import { applyConfig, planConfig } from './config-plan.ts'
import { programOnPath, supportedGit } from './requirements.ts'

/**
 * The drivers for every repository of this user, in their own configuration of git.
 * @returns the keys that had to be set
 * @throws NixsecretError `refused` where one has a value that is not ours
 */
export async function initGlobal(cwd: string): Promise<string[]> {
  await supportedGit(cwd)
  programOnPath()
  const config = await GitConfig.read(cwd, 'global')
  const plan = planConfig(config, DRIVER_ENTRIES)
  await applyConfig(config, plan)
  return plan.set.map(({ key }) => key)
}

/**
 * Takes the drivers out of the user's own configuration, where they have the values that we set.
 * @returns the keys that were removed
 */
export async function uninstallGlobal(cwd: string): Promise<string[]> {
  const config = await GitConfig.read(cwd, 'global')
  const ours = DRIVER_ENTRIES.filter(({ key, value, formerly }) =>
    [value, ...formerly].includes(config.get(key) ?? ''),
  )
  for (const { key } of ours) await config.unset(key)
  return ours.map(({ key }) => key)
}
