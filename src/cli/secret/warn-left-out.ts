import { displayPath } from '../../byte-path.ts'
import { shownNames } from '../../policy/shown-names.ts'
import type { Target } from '../../secret/target.ts'
import { printHint, printWarning } from '../print.ts'

const MOST_NAMED = 5

/** Says whom a secret that was stored is not encrypted for, although the policy names them. */
export function warnLeftOut({ path, leftOut }: Pick<Target, 'path' | 'leftOut'>): void {
  if (leftOut.length === 0) return
  const who = shownNames(leftOut, MOST_NAMED)
  printWarning(`${displayPath(path)}: not encrypted for ${who}: you have not accepted that they may read it`)
  printHint('git nixsecret trust')
}
