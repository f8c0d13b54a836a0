import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** One line that git gives a pre-receive hook (https://git-scm.com/docs/githooks#pre-receive). */
export interface ReceivedRef {
  /** Zeros for a new ref. */
  readonly oldOid: string
  /** Zeros for a deletion. */
  readonly newOid: string
  /** Full name, bytes as latin1. Untrusted. */
  readonly ref: string
}

/** The most that a hook reads, in bytes: 100,000 refs fit; what is larger does not come from git. */
export const MAX_HOOK_INPUT = 32 << 20

/**
 * Reads what git writes to the hook: at least one line.
 * @throws NixsecretError `refused` where it is not understood, or nothing: then nobody knows what is received
 */
export function parseReceived(input: Uint8Array): ReceivedRef[] {
  if (input.length > MAX_HOOK_INPUT)
    throw new NixsecretError('refused', `pre-receive: more than ${MAX_HOOK_INPUT} bytes of refs`)
  const lines = Buffer.from(input).toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  // git does not run the hook for nothing: what ran before us has read the refs away.
  if (lines.length === 0)
    throw new NixsecretError(
      'refused',
      'pre-receive was told of no ref: what runs before it took its input',
      {
        hints: ['# on the server: call "git-nixsecret hook pre-receive" before whatever else reads the refs'],
      },
    )
  return lines.map((line) => {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) ([^ \0]+)$/s.exec(line)
    if (match === null)
      throw new NixsecretError(
        'refused',
        `pre-receive: cannot read the line ${displayText(Buffer.from(line.slice(0, 400), 'latin1'))}`,
      )
    const [, oldOid = '', newOid = '', ref = ''] = match
    return { oldOid, newOid, ref }
  })
}
