import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { type GitConfig, sameConfigValue } from '../../git/config.ts'
import type { Repository } from '../../git/repository.ts'
import { DRIVER_ENTRIES, TRUST_CTIME } from '../config-entries.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'

/**
 * What git really has for our drivers in this worktree, whatever file it comes from.
 * @param config the effective configuration
 */
export function checkConfiguration(repo: Repository, config: GitConfig): Diagnosis[] {
  const missing = DRIVER_ENTRIES.filter(({ key }) => config.get(key) === null)
  if (missing.length === DRIVER_ENTRIES.length) {
    return [problem('filter', 'not set up in this clone: git would store plaintext', 'git nixsecret init')]
  }
  const wrong = DRIVER_ENTRIES.flatMap(({ key, value }) => {
    const found = config.get(key)
    if (found === null) return [problem('filter', `${key} is not set`, 'git nixsecret init')]
    if (sameConfigValue(found, value)) return []
    const [hint] = [`git config --show-origin --show-scope --get-all ${key}`]
    return [problem('filter', `${key} is ${displayText(found)}, not ${displayText(value)}`, hint as string)]
  })
  return [
    ...(wrong.length > 0
      ? wrong
      : [fine('filter', 'filter, diff and merge drivers are in force, and required')]),
    checkTrustCtime(config),
    ...checkLeaks(repo, config),
  ]
}

function checkTrustCtime(config: GitConfig): Diagnosis {
  const trusts = !sameConfigValue(config.get(TRUST_CTIME.key) ?? 'true', TRUST_CTIME.value)
  return trusts
    ? warning(
        'trustctime',
        'core.trustctime is on: git cleans every secret again at each "git status"',
        'git config core.trustctime false',
      )
    : fine('trustctime', 'core.trustctime is off')
}

/** Settings that make git write plaintext beside its objects. */
function checkLeaks(repo: Repository, config: GitConfig): Diagnosis[] {
  const isOn = (key: string) => sameConfigValue(config.get(key) ?? 'false', 'true')
  // With no setting, git takes a directory that is there for a yes.
  const rerere = config.get('rerere.enabled') === null && existsSync(join(repo.commonDir, 'rr-cache'))
  return [
    isOn('rerere.enabled') || rerere
      ? warning(
          'rerere',
          'rerere is on: git keeps images of conflicts under .git/rr-cache; not of ours, but of merges by other tools',
          'git config rerere.enabled false',
        )
      : fine('rerere', 'rerere is off'),
    isOn('commit.verbose') || /^[1-9]/.test(config.get('commit.verbose') ?? '')
      ? warning(
          'commit-verbose',
          'commit.verbose: a commit that you abort leaves the diff, in plaintext, in .git/COMMIT_EDITMSG',
          'git config commit.verbose false',
        )
      : fine('commit-verbose', 'commit.verbose is off'),
  ]
}
