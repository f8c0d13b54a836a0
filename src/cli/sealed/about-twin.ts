import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { POLICY_FILE } from '../../blob/policy-file-name.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { describeLeak, type Leak } from '../../store/guard-cache.ts'
import type { RefreshNews, Twin } from '../../store/refresh-twin.ts'
import { printHint, printNote, printWarning } from '../print.ts'

/** Says why one has to wait. */
export const refreshNews: RefreshNews = {
  locked: () => {},
  inUse: (pids) => {
    const who = pids.length === 1 ? `process ${pids[0]}` : `processes ${pids.join(', ')}`
    printNote(`waiting: files have changed, and ${who} still builds from the twin as it was`)
  },
}

/** What has to be known of a twin before something is built from it. */
export function warnOfTwin(twin: Twin): void {
  if (twin.sealed.length + twin.open.length === 0) {
    printWarning('no file here is protected: the twin is what the work tree is, and Nix copies all of it')
    printHint(existsSync(join(twin.top, POLICY_FILE)) ? 'git nixsecret check --files' : 'git nixsecret init')
  }
  if (twin.submodules.length > 0)
    printWarning(`submodules are not in the twin, their directories are empty: ${nameSome(twin.submodules)}`)
  if (twin.locked.length > 0) {
    printWarning(
      `store = "plaintext", but no key here opens it, so it is ciphertext in the twin: ${nameSome(twin.locked)}`,
    )
    printHint('git nixsecret unlock')
  }
}

/** Says that the store has plaintext already; Nix was made to forget that it has it. */
export function warnOfLeaks(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return
  for (const leak of leaks.slice(0, 5)) printWarning(describeLeak(leak))
  printHint('git nixsecret audit')
}

/** Some of many paths, for people. */
export function nameSome(paths: readonly BytePath[]): string {
  const shown = paths.slice(0, 5).map(displayPath).join(', ')
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown
}
