import { describeSignature } from '../../blob/trust/describe-made.ts'
import type { Present } from '../../blob/trust/present.ts'
import { displayText } from '../../byte-path.ts'
import { acceptSigned } from '../../trust/accept-signed.ts'
import { printNote } from '../print.ts'
import { summarize } from './summarize.ts'

/**
 * Accepts what allowed signers have signed, where the user wants that, and says so in one line; or why it is left to them.
 * @returns whether something was accepted
 */
export async function sayAcceptedSigned(present: Present): Promise<boolean> {
  const outcome = await acceptSigned(present)
  if (outcome.kind === 'left') {
    const { why, commit } = outcome
    const which =
      commit === null ? '' : `: ${commit.oid.slice(0, 12)}, ${describeSignature(commit.signature)}`
    printNote(`not accepted by signature: ${why}${which}`)
  }
  if (outcome.kind !== 'accepted') return false
  const signers = new Set(outcome.commits.map(({ signature }) => displayText(signature.signer ?? '')))
  printNote(`accepted, as it is signed by ${[...signers].join(', ')}: ${summarize(outcome.gains)}`)
  return true
}
