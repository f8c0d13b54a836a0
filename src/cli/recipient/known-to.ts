import { parseRecipient } from '../../age/recipient.ts'
import { NixsecretError } from '../../errors.ts'
import { findOutstanding } from '../../secret/rotation/find-outstanding.ts'
import { Workspace } from '../../secret/workspace.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { askLine } from '../import/ask-line.ts'
import { print, printWarning } from '../print.ts'
import { ProgressLine } from '../progress-line.ts'
import { renderOutstanding } from '../rotation/render.ts'
import { printChangeHints } from '../rotation.ts'

/** Says which secrets a key that was taken out could read, in any commit, and that are still the same. */
export async function sayKnown(key: string): Promise<void> {
  const { canonical } = parseRecipient(key)
  const line = new ProgressLine('looking at earlier versions')
  const space = await Workspace.open(askOnTerminal)
  try {
    const { report } = await findOutstanding(space, (_what, done, total) => line.show(done, total))
    line.end()
    const known = report.outstanding.filter((one) => one.key === canonical)
    for (const text of renderOutstanding(known)) print(text)
    // That they can read these still is said with the way to rekey.
    const changed = known.map((one) => ({ ...one, stillSealed: false }))
    printChangeHints(space, changed, [...new Set(known.map(({ path }) => path))])
  } catch (fault) {
    line.end()
    if (!(fault instanceof NixsecretError)) throw fault
    printWarning(`which of them are still the same can't be told: ${fault.message}`)
  } finally {
    space.close()
  }
}

/** Whether the user wants what is sealed for other readers sealed anew; false where nobody can be asked. */
export async function offerRekey(): Promise<boolean> {
  const answer = await askLine('Encrypt them again for their readers now? [y/N] ')
  return /^y(es)?$/i.test(answer?.trim() ?? '')
}
