import { pending } from '../../blob/trust/pending.ts'
import { loadTrust } from '../../blob/trust/trust-state.ts'
import { NixsecretError } from '../../errors.ts'
import type { Repository } from '../../git/repository.ts'
import { printHint, printNote } from '../print.ts'
import { sayAcceptedSigned } from '../trust/accepted-signed.ts'
import { summarize } from '../trust/summarize.ts'

/** Says in one line what is to be accepted after a merge or checkout, if anything is; never fails. */
export async function tellPending(repo: Repository): Promise<void> {
  try {
    const { gains } = await pending(repo)
    if (gains.length === 0) return
    printNote(`not accepted yet: ${summarize(gains)}; until then, only accepted readers get what you change`)
    printHint('git nixsecret trust')
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
  }
}

/** The same for what allowed signers have signed, accepted before anything of it is only observed. */
export async function tellSigned(repo: Repository): Promise<void> {
  if (loadTrust(repo).state === null) return
  try {
    await sayAcceptedSigned(repo)
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
  }
}
