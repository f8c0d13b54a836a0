import { Accepted } from '../../blob/trust/accepted.ts'
import { pendingHere } from '../../blob/trust/pending.ts'
import type { Present } from '../../blob/trust/present.ts'
import { sayPending } from '../../blob/trust/say-pending.ts'
import { loadTrust } from '../../blob/trust/trust-state.ts'
import { printHint, printNote } from '../print.ts'
import { sayAcceptedSigned } from '../trust/accepted-signed.ts'

/** Says in one line what is to be accepted after a merge or checkout, if anything is. */
export async function tellPending(present: Present): Promise<void> {
  const text = sayPending(await pendingHere(present, await Accepted.load(present, present.policy)))
  if (text === null) return
  printNote(text)
  printHint('git nixsecret trust')
}

/** The same for what allowed signers have signed. */
export async function tellSigned(present: Present): Promise<void> {
  if (loadTrust(present.repo).state !== null) await sayAcceptedSigned(present)
}
