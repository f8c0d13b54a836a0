import { displayPath } from '../../byte-path.ts'
import { shownName } from '../../policy/shown-name.ts'
import type { Target } from '../../secret/target.ts'
import { printHint, printWarning } from '../print.ts'

const MOST_NAMED = 5

/** Says whom a secret that was stored is not encrypted for, although the policy names them. */
export function warnLeftOut({ path, leftOut }: Pick<Target, 'path' | 'leftOut'>): void {
  if (leftOut.length === 0) return
  const more = leftOut.length > MOST_NAMED ? ` and ${leftOut.length - MOST_NAMED} more` : ''
  const who = leftOut.slice(0, MOST_NAMED).map(shownName).join(', ') + more
  printWarning(`${displayPath(path)}: not encrypted for ${who}: you have not accepted that they may read it`)
  printHint('git nixsecret trust')
}
