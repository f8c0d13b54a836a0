import { statSync } from 'node:fs'
import { shellWord } from '../age/shell-word.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'

/**
 * The user whose repository this is, where we are root and it is somebody else's; null otherwise.
 * @throws NixsecretError `refused` where a git directory leads to that of another user: either may hold configuration
 */
export function foreignOwner({ commonDir, gitDir }: Repository): number | null {
  if (process.geteuid?.() !== 0) return null
  const { uid } = statSync(commonDir)
  if (statSync(gitDir).uid !== uid) {
    throw new NixsecretError('refused', 'the git directory of this work tree leads to one of another user', {
      hints: [`ls -ld ${[gitDir, commonDir].map((dir) => shellWord(displayText(dir))).join(' ')}`],
    })
  }
  return uid === 0 ? null : uid
}
