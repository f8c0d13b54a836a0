import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { POLICY_FILE } from '../../blob/policy-file-name.ts'
import { NOTHING_ACCEPTED } from '../../blob/trust/say-pending.ts'
import { isEnrolled } from '../../blob/trust/trust-state.ts'
import type { Repository } from '../../git/repository.ts'
import { replaceFile } from '../../host/replace-file.ts'
import { printHint, printNote } from '../print.ts'

/**
 * Says once in a clone that was set up by hand, and in which nobody was shown who reads what, how to say so: a hook that
 * says it each time is not read any more. Nothing leaks meanwhile, for without a word nobody is sealed for.
 * @returns whether it is such a clone
 */
export function tellUnenrolled(repo: Repository): boolean {
  const { workTree, stateDir } = repo
  if (isEnrolled(repo)) return false
  const told = join(stateDir, 'trust-told')
  if (workTree === null || existsSync(told) || !existsSync(join(workTree, POLICY_FILE))) return true
  printNote(NOTHING_ACCEPTED)
  printHint(
    'git nixsecret init     # sets up what this clone lacks, shows who reads what, and takes it as the start',
  )
  printHint('git nixsecret trust    # only shows it, and asks')
  try {
    replaceFile(told, '')
  } catch {
    // Then it is said again.
  }
  return true
}
