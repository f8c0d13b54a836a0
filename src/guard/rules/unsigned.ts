import { type BytePath, displayPath, displayText } from '../../byte-path.ts'
import type { Signature } from '../../git/commit-facts.ts'
import type { Draft } from '../finding.ts'

// More names would fill the screen.
const MOST_NAMED = 3

/** A commit that changes who reads what, or a secret, without the signature of an allowed signer. Only where asked for. */
export const unsigned = {
  id: 'unsigned' as const,
  /** @param paths what the commit changes and should not without a signature; at least one */
  judge(commit: string, paths: readonly BytePath[], signature: Signature): Draft | null {
    const why = reason(signature)
    if (why === null) return null
    const known = signature.state === 'none' || signature.state === 'bad'
    return {
      severity: 'error',
      subject: commit,
      line: null,
      together: paths,
      message: `this commit changes ${named(paths)}, ${why}`,
      remedy: known ? 'sign' : 'allow-signer',
    }
  },
}

function reason({ state, key }: Signature): string | null {
  const which = key === null ? '' : ` (${displayText(key)})`
  if (state === 'good') return null
  if (state === 'none') return 'and is not signed'
  if (state === 'bad') return 'and its signature does not hold, or its key has expired or was revoked'
  if (state === 'unknown') return `and is signed with a key that is no allowed signer's${which}`
  return 'and its signature can not be checked here: git knows no allowed signers, or not this key'
}

function named(paths: readonly BytePath[]): string {
  const shown = paths.slice(0, MOST_NAMED).map(displayPath)
  const more = paths.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  const last = shown.pop()
  return shown.length === 0 ? `${last}` : `${shown.join(', ')} and ${last}`
}
