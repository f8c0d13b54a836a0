import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** One line that git gives a pre-push hook (https://git-scm.com/docs/githooks#_pre_push). */
export interface PushedRef {
  /** Untrusted; `(delete)` for a deletion, or an expression such as `HEAD~1`. */
  readonly localRef: string
  /** Zeros for a deletion. */
  readonly localOid: string
  readonly remoteRef: string
  /** Zeros for a new ref. */
  readonly remoteOid: string
}

// 100,000 refs fit; what is larger does not come from git.
const MAX_INPUT = 32 << 20

/**
 * Reads what git writes to the hook.
 * @throws NixsecretError `refused` where it is not understood: then nobody knows what is pushed
 */
export function parsePrePush(input: Uint8Array): PushedRef[] {
  if (input.length > MAX_INPUT)
    throw new NixsecretError('refused', `pre-push: more than ${MAX_INPUT} bytes of refs`)
  const lines = Buffer.from(input).toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => {
    // A local "ref" may be an expression with spaces in it.
    const match = /^(.*) ([0-9a-f]{40}|[0-9a-f]{64}) ([^ ]+) ([0-9a-f]{40}|[0-9a-f]{64})$/s.exec(line)
    if (match === null)
      throw new NixsecretError(
        'refused',
        `pre-push: cannot read the line ${displayText(Buffer.from(line.slice(0, 400), 'latin1'))}`,
      )
    const [, localRef, localOid, remoteRef, remoteOid] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ]
    return { localRef: utf8(localRef), localOid, remoteRef: utf8(remoteRef), remoteOid }
  })
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
