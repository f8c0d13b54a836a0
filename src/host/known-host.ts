import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/** A public key of a host, as its files and servers write it. */
export interface HostKey {
  readonly type: string
  readonly base64: string
}

/** What the user's known_hosts files say of a host. */
export interface KnownHost {
  readonly keys: readonly HostKey[]
  readonly revoked: readonly HostKey[]
}

const SYSTEM_FILE = '/etc/ssh/ssh_known_hosts'

/**
 * Looks a host up in `~/.ssh/known_hosts` and that of the system, hashed names too, by `ssh-keygen -F`.
 * @param name as known_hosts has it: `web1`, `[web1]:2222`; held to a grammar already
 * @throws NixsecretError `missing` where there is no ssh-keygen
 */
export async function knownHost(name: string): Promise<KnownHost> {
  const keys: HostKey[] = []
  const revoked: HostKey[] = []
  // ssh-keygen itself would look for the home directory in the password file alone.
  const own = join(process.env.HOME ?? homedir(), '.ssh', 'known_hosts')
  for (const file of [own, SYSTEM_FILE].filter((path) => existsSync(path))) {
    const { stdout } = await runProgram('ssh-keygen', ['-F', name, '-f', file], { maxBytes: 1 << 20 })
    for (const line of stdout.toString('utf8').split('\n')) {
      const words = line.split(/[ \t]+/)
      const marker = words[0]?.startsWith('@') ? words.shift() : null
      const [, type, base64] = words
      if (line.startsWith('#') || type === undefined || base64 === undefined) continue
      if (marker === '@revoked') revoked.push({ type, base64 })
      else if (marker === null) keys.push({ type, base64 })
    }
  }
  return { keys, revoked }
}
