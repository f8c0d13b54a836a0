import { NixsecretError } from '../errors.ts'
import type { HostAddress } from '../policy/host-address.ts'
import { destination } from './ssh-arguments.ts'

/** What is known of an ssh that ended before its work was done. */
export interface EarlyEnd {
  readonly address: HostAddress
  /** Its exit code; null where a signal killed it. */
  readonly code: number | null
  /** What it and the host said on stderr: lines, escaped. */
  readonly said: readonly string[]
  /** How far it had come. */
  readonly stage: 'connecting' | 'becoming root' | 'at work'
}

/**
 * Says why a host could not be served, and what to run.
 * See `ssh(1)`: exit code 255 is its own; the texts are those of OpenSSH and sudo in English, and only lead to hints.
 */
export function hostFault({ address, code, said, stage }: EarlyEnd): NixsecretError {
  const all = said.join('\n')
  const ssh = ['ssh', ...destination(address), 'true'].join(' ')
  const known = address.port === null ? address.host : `'[${address.host}]:${address.port}'`
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(all)) {
    const hints = [`ssh-keygen -R ${known}    # only if you know why, as when it was set up anew`]
    return fault('refused', 'its host key is not the one that it had; nothing was sent', hints)
  }
  if (/host key verification failed|no .* host key is known/i.test(all)) {
    const hints = [`${ssh}    # in a terminal: compare the key that is shown`]
    return fault('refused', 'its host key is not known here; nothing was sent', hints)
  }
  if (stage === 'becoming root') {
    const why = /password is required|terminal is required/.test(all)
      ? 'sudo asks for a password there'
      : 'sudo failed there'
    return fault('io', `${why}: deliver needs root, or a sudo that asks for none${last(said)}`, [])
  }
  if (stage === 'connecting' && code === 255) {
    const what = /permission denied/i.test(all) ? 'it does not let us in' : 'ssh cannot reach it'
    return fault('io', `${what}${last(said)}`, [ssh])
  }
  if (stage === 'connecting') return fault('io', `it does not run /bin/sh for us${last(said)}`, [ssh])
  const end =
    code === 255 || code === null ? 'the connection was lost' : `its shell ended (exit code ${code})`
  return fault('io', `${end}${last(said)}`, [])
}

function fault(code: 'refused' | 'io', message: string, hints: readonly string[]): NixsecretError {
  return new NixsecretError(code, message, { hints })
}

function last(said: readonly string[]): string {
  const line = said.at(-1)
  return line === undefined ? '' : `: ${line}`
}
