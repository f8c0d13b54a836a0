import { NixsecretError } from '../errors.ts'
import type { HostKey } from './known-host.ts'
import { runProgram } from './run-program.ts'

/** Where an SSH server is. */
export interface HostAddress {
  /** A name, an IPv4 or an IPv6 address (without brackets). */
  readonly host: string
  readonly port: number
}

const SECONDS = 5

/**
 * Takes `HOST`, `HOST:PORT` or `[IPv6]:PORT` apart. Strict, for it becomes an argument of other programs.
 * @returns null where it is none of them
 */
export function parseHostAddress(text: string): HostAddress | null {
  const found =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?))(?::([0-9]{1,5}))?$/.exec(
      text,
    )
  if (found === null) return null
  const port = Number(found[3] ?? 22)
  return port < 1 || port > 65535 ? null : { host: found[1] ?? (found[2] as string), port }
}

/** How known_hosts writes it. */
export function knownHostName({ host, port }: HostAddress): string {
  return port === 22 ? host : `[${host}]:${port}`
}

/**
 * Asks a server for its host keys, by `ssh-keyscan`. Nothing proves that it is the server.
 * @throws NixsecretError `io` where none answers, `missing` where there is no ssh-keyscan
 */
export async function scanHost({ host, port }: HostAddress): Promise<HostKey[]> {
  const args = ['-T', String(SECONDS), '-t', 'ed25519,rsa', '-p', String(port), '--', host]
  const options = { maxBytes: 1 << 20, timeout: 10 * SECONDS * 1000 }
  const { stdout } = await runProgram('ssh-keyscan', args, options)
  const keys = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => {
      const [, type, base64] = line.trim().split(/[ \t]+/)
      return type === undefined || base64 === undefined ? [] : [{ type, base64 }]
    })
  if (keys.length > 0) return keys
  throw new NixsecretError(
    'io',
    `no SSH server showed an Ed25519 or RSA key at ${host}, port ${port}, within ${SECONDS} seconds`,
  )
}
