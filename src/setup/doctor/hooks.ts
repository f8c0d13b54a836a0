import { displayText } from '../../byte-path.ts'
import { type GitConfig, sameConfigValue } from '../../git/config.ts'
import type { Repository } from '../../git/repository.ts'
import { gitVersion } from '../../git/simple.ts'
import { HOOKS, type HookName, hookCommand, hookFile, lineToAdd, STOPPING_HOOKS } from '../hook-text.ts'
import { fileToEdit, type HooksPlace, hooksPlace, isReached } from '../hooks-place.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'

/**
 * Whether git reaches our hooks: by its configuration, its own directory, or whatever `core.hooksPath` leads to.
 * @param config the effective configuration
 */
export async function checkHooks(repo: Repository, config: GitConfig): Promise<Diagnosis[]> {
  const place = await hooksPlace(repo, await gitVersion(repo.workTree ?? repo.gitDir))
  const missing = HOOKS.filter((name) => !inForce(place, config, name))
  const stopping = missing.filter((name) => (STOPPING_HOOKS as readonly string[]).includes(name))
  const following = missing.filter((name) => !stopping.includes(name))
  if (missing.length === 0) return [fine('hooks', `all ${HOOKS.length} hooks are in force`)]
  const found: Diagnosis[] = []
  const hints = (names: readonly HookName[]) => hintsFor(place, names)
  if (stopping.length > 0) {
    const message = `not in force: ${stopping.join(', ')}; nothing stops plaintext there${elsewhere(place)}`
    found.push(problem('hooks', message, ...hints(stopping)))
  }
  if (following.length > 0) {
    found.push(
      warning('hooks', `not in force: ${following.join(', ')}${elsewhere(place)}`, ...hints(following)),
    )
  }
  return found
}

function inForce(place: HooksPlace, config: GitConfig, name: HookName): boolean {
  if (place.method !== 'config') return isReached(place.dir, name, hookFile(name))
  const key = `hook.nixsecret-${name}`
  // An empty event takes back those before it, see https://git-scm.com/docs/git-hook
  const events = config.all(`${key}.event`)
  const said = events.slice(events.lastIndexOf('') + 1).includes(name)
  const enabled = sameConfigValue(config.get(`${key}.enabled`) ?? 'true', 'true')
  return said && enabled && config.get(`${key}.command`) === hookCommand(name)
}

function elsewhere(place: HooksPlace): string {
  return place.method === 'by hand' ? ` (core.hooksPath leads to ${displayText(place.dir)})` : ''
}

function hintsFor(place: HooksPlace, names: readonly HookName[]): string[] {
  if (place.method !== 'by hand') return ['git nixsecret init']
  return names.map((name) => `${lineToAdd(name)}    # into ${displayText(fileToEdit(place.dir, name))}`)
}
