import type { HostAddress } from '../policy/host-address.ts'

/**
 * The arguments of `ssh`: the user's own configuration holds, but for what would get in the way of one command.
 * @param batch whether ssh may ask nothing, as several run at once
 * @param command for the login shell of the host
 */
export function sshArguments(address: HostAddress, batch: boolean, command: string): string[] {
  return [
    '-T',
    ...(batch ? ['-o', 'BatchMode=yes'] : []),
    // A LocalForward of the configuration may be in use, and a RemoteCommand makes ssh refuse ours.
    ...['-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
    ...destination(address),
    command,
  ]
}

/** A destination as words of a command line; nothing in it can be an option. */
export function destination({ user, host, port }: HostAddress): string[] {
  const at = user === null ? host : `${user}@${host}`
  return [...(port === null ? [] : ['-p', String(port)]), '--', at]
}
