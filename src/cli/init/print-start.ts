import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { TrustStart } from '../../setup/start-trust.ts'
import { paintFor, print, printHint, printWarning } from '../print.ts'
import { countFiles } from '../secret/count-files.ts'

const MOST = 20

/** Says once who reads what, as it was taken for accepted; or why nothing is. */
export function printStart(start: TrustStart | NixsecretError): void {
  if (start instanceof NixsecretError) {
    printWarning(start.message)
    for (const hint of start.hints) printHint(hint)
    return
  }
  const { readers, files } = start
  const shown = readers.slice(0, MOST).map(({ name, files: count }) => {
    return files === 0 ? displayText(name) : `${displayText(name)} ${countFiles(count)}`
  })
  const more = readers.length > MOST ? ` and ${readers.length - MOST} more` : ''
  const what = files === 0 ? ' can read what comes' : ''
  print(
    `${paintFor(process.stdout)('bold', 'accepted readers'.padEnd(16))} ${shown.join(', ')}${more}${what}`,
  )
}
