import { keyMark } from '../../age/key-mark.ts'
import { describeSignature } from '../../blob/trust/history/describe-made.ts'
import type { Present } from '../../blob/trust/present.ts'
import { summarize } from '../../blob/trust/summarize.ts'
import { displayText } from '../../byte-path.ts'
import type { Change } from '../../policy/change.ts'
import { shownName } from '../../policy/shown-name.ts'
import { acceptSigned } from '../../trust/accept-signed.ts'
import { printNote } from '../print.ts'

/**
 * Accepts what allowed signers have signed, where the user wants that, and says so in one line; or why it is left to them.
 * @returns whether something was accepted
 */
export async function sayAcceptedSigned(present: Present): Promise<boolean> {
  const outcome = await acceptSigned(present)
  if (outcome.kind === 'left') {
    const { why, commit, before } = outcome
    const which = [
      ...(commit === null ? [] : [`${commit.oid.slice(0, 12)}, ${describeSignature(commit.signature)}`]),
      ...named(before),
    ].join('; ')
    printNote(`not accepted by signature: ${why}${which === '' ? '' : `: ${which}`}`)
    if (before.length > 0)
      printNote('no later signature vouches for that: look at it, and say yes or no yourself')
  }
  if (outcome.kind !== 'accepted') return false
  const signers = new Set(outcome.commits.map(({ signature }) => displayText(signature.signer ?? '')))
  printNote(`accepted, as it is signed by ${[...signers].join(', ')}: ${summarize(outcome.gains)}`)
  return true
}

// Enough for one line.
const MOST_NAMED = 3

/** Whom it is about, with what keys are compared by; the rest of it in short. */
function named(changes: readonly Change[]): string[] {
  const readers = changes.filter((change) => change.kind === 'reader')
  const others = changes.filter((change) => change.kind !== 'reader')
  const whole = readers.slice(0, MOST_NAMED).map(({ names, key }) => {
    const name = names.length === 0 ? 'a key without name' : names.map(shownName).join(', ')
    return `${name} (${displayText(keyMark(key))})`
  })
  const more = readers.length > MOST_NAMED ? [`and ${readers.length - MOST_NAMED} more`] : []
  return [...whole, ...more, ...(others.length === 0 ? [] : [summarize(others)])]
}
