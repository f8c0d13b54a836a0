import { displayText } from '../../../byte-path.ts'
import type { CommitFacts, Signature } from '../../../git/commit-facts.ts'
import type { Made } from './who-made.ts'

/** Where a change comes from, a line or two for each commit; escaped. */
export function describeMade(made: Made | undefined): string[] {
  if (made === undefined) return []
  if (made.uncommitted) return ['not committed yet: it was made in this work tree']
  if (made.commits.length === 0 && made.cut) return [CUT]
  if (made.commits.length === 0) return ['no commit here tells who made it']
  const lines = made.commits.flatMap((facts) => [
    describeCommit(facts),
    `  ${describeSignature(facts.signature)}`,
  ])
  if (made.more > 0) lines.push(`and ${made.more} earlier ${made.more === 1 ? 'commit' : 'commits'}`)
  return made.cut ? [...lines, CUT] : lines
}

const CUT = 'not all commits were looked at for who made it: that would take too long'

/** `in 0123456789ab by NAME <EMAIL>, 2026-01-31 12:00 UTC: SUBJECT`. */
function describeCommit({ oid, author, email, time, subject }: CommitFacts): string {
  const date = Number.isFinite(time) ? `, ${dateOf(time)}` : ''
  const about = subject === '' ? '' : `: ${displayText(cut(subject))}`
  return `in ${oid.slice(0, 12)} by ${displayText(cut(author))} <${displayText(cut(email))}>${date}${about}`
}

function dateOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? 'no date' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** What git says of a signature, in words; escaped. */
export function describeSignature({ state, signer, key }: Signature): string {
  const which = key === null ? '' : ` (${displayText(cut(key))})`
  if (state === 'good')
    return `signed by ${displayText(cut(signer ?? 'somebody'))}${which}, an allowed signer`
  if (state === 'unknown') return `signed with a key that is no allowed signer's${which}`
  if (state === 'bad') return 'the signature does NOT hold, or its key has expired or was revoked'
  if (state === 'unchecked')
    return 'signed, but git cannot check it here: it knows no allowed signers, or not the key'
  return 'not signed: the name is only what the commit says'
}

function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
