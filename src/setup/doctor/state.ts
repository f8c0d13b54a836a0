import { accessSync, constants, lstatSync, readdirSync, type Stats } from 'node:fs'
import { join, relative } from 'node:path'
import { shellWord } from '../../age/shell-word.ts'
import { displayText } from '../../byte-path.ts'
import type { Repository } from '../../git/repository.ts'
import { linkedStateDirs } from '../install-record.ts'
import { type Diagnosis, fine, problem } from './finding.ts'

/**
 * Whether the filter can read and write what we keep in the repository. Where it can't (`sudo git …` made it), all
 * files count as locked, and nothing is remembered.
 */
export function checkState(repo: Repository): Diagnosis {
  const dirs = [repo.stateDir, ...linkedStateDirs(repo.stateDir)]
  const owner = lstatSync(repo.commonDir).uid
  const bad = dirs.filter((dir) => !isUsable(dir, owner))
  if (bad.length === 0) return fine('state', 'what we keep under .git is yours to read and write')
  const shown = bad.map((dir) => displayText(relative(repo.commonDir, dir))).join(', ')
  // Root could read it all: then it is the owner of the repository who can not.
  const user = process.getuid?.() === 0 && owner !== 0 ? String(owner) : '"$USER"'
  return problem(
    'state',
    `${shown} in the git directory belongs to another user or cannot be read: every secret stays locked`,
    `sudo chown -R ${user} ${bad.map((dir) => shellWord(displayText(dir))).join(' ')}`,
    `chmod -R u+rwX ${bad.map((dir) => shellWord(displayText(dir))).join(' ')}`,
  )
}

/** Of a directory, everything below it included; one that is not there is fine. */
function isUsable(path: string, owner: number): boolean {
  let stat: Stats | undefined
  try {
    stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return true
    const { R_OK, W_OK, X_OK } = constants
    accessSync(path, R_OK | W_OK | (stat.isDirectory() ? X_OK : 0))
    if (process.getuid?.() === 0 && stat.uid !== owner) return false
    return !stat.isDirectory() || readdirSync(path).every((name) => isUsable(join(path, name), owner))
  } catch (fault) {
    // Files of other commands come and go.
    return (fault as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
