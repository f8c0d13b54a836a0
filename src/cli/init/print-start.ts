import { keyMark } from '../../age/key-mark.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { shownName } from '../../policy/shown-name.ts'
import type { TrustStart } from '../../setup/start-trust.ts'
import { paintFor, print, printHint, printWarning } from '../print.ts'
import { columns } from '../secret/columns.ts'
import { countFiles } from '../secret/count-files.ts'
import { describeOther } from '../trust/describe-changes.ts'

const MOST = 20

/** Says once who reads what, as it was taken for accepted; or why nothing is. */
export function printStart(start: TrustStart | NixsecretError): void {
  if (start instanceof NixsecretError) {
    printWarning(start.message)
    for (const hint of start.hints) printHint(hint)
    return
  }
  const { readers, others, files } = start
  const shown = readers.slice(0, MOST)
  const rows = shown.map(({ name, key, files: count }) => [
    shownName(name),
    files === 0 ? 'what comes' : countFiles(count),
    displayText(keyMark(key)),
  ])
  const lines = columns(rows)
  const more = readers.length - shown.length
  if (more > 0) lines.push(`and ${more} more: git nixsecret access`)
  const paint = paintFor(process.stdout)
  for (const [i, line] of lines.entries())
    print(`${paint('bold', (i === 0 ? 'accepted readers' : '').padEnd(16))} ${line}`)
  for (const line of others.slice(0, MOST).flatMap(describeOther)) print(`${' '.repeat(15)}${line}`)
  if (others.length > MOST) print(`${' '.repeat(17)}and ${others.length - MOST} more: $EDITOR nixsecret.toml`)
}
