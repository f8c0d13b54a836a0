import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, relative } from 'node:path'
import { parseIdentityFile } from '../age/identity-file.ts'
import { isPublicKeyFile } from '../age/ssh/agent-key.ts'
import { Keys } from '../blob/keys.ts'
import { throughAgent } from '../blob/through-agent.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { readIdentityFile } from '../host/identity-files.ts'

/** The key of the person at the keyboard. */
export interface OwnKey {
  /** The file with the private half, or that names a key of ssh-agent. */
  readonly file: string
  /** Whether ssh-agent holds the private half, and {@link file} only the public one. */
  readonly throughAgent: boolean
  /** The public half, with its comment where there is one; null where only a passphrase or a plugin would tell. */
  readonly publicKey: string | null
  /** The plugin of age that it takes to use this key, or null. */
  readonly plugin: string | null
}

/** What was found out about the private keys of this user. */
export interface OwnKeys {
  /** In the order in which they are tried. */
  readonly keys: readonly OwnKey[]
  /** Files that are there but could not be read as keys. */
  readonly problems: readonly NixsecretError[]
}

const nobody = async () => null

/**
 * Looks at the private keys that will be used here. Asks for no passphrase; ssh-agent has to
 * sign, if its key is to be used.
 * @param named the file of `--identity`, absolute; null to look where keys are looked for
 * @throws NixsecretError of every kind, for a file that was named
 */
export async function ownKeys(cwd: string, named: string | null): Promise<OwnKeys> {
  if (named !== null) return { keys: await keysIn(named), problems: [] }
  const keys: OwnKey[] = []
  const problems: NixsecretError[] = []
  for (const file of await new Keys({ cwd }, null).paths()) {
    try {
      keys.push(...(await keysIn(file)))
    } catch (fault) {
      if (!(fault instanceof NixsecretError)) throw fault
      problems.push(fault)
    }
  }
  return { keys, problems }
}

async function keysIn(file: string): Promise<OwnKey[]> {
  const bytes = await readIdentityFile(file)
  const identities = await parseIdentityFile(bytes, file, nobody, { agent: throughAgent })
  if (identities.length === 0) {
    throw new NixsecretError('identity', `${displayText(file)} holds no private key`, {
      hints: ['ssh-keygen -t ed25519'],
    })
  }
  const keys: OwnKey[] = []
  for (const { recipient, reveal, plugin = null } of identities) {
    const publicKey = (await reveal?.()) ?? recipient
    const shown = publicKey === null ? null : withComment(file, publicKey)
    keys.push({ file, plugin, publicKey: shown, throughAgent: isPublicKeyFile(bytes) })
  }
  return keys
}

// The comment of an ssh key stands in its public file, and helps people to tell keys apart.
function withComment(file: string, recipient: string): string {
  try {
    const line = readFileSync(`${file}.pub`, 'utf8').split('\n')[0]?.trim() ?? ''
    const [type, body] = line.split(/\s+/)
    return `${type} ${body}` === recipient && !/[\p{C}"\\]/u.test(line) ? line : recipient
  } catch {
    return recipient
  }
}

/** A path as git's configuration is to hold it: below the home directory with `~`, so that it survives a move. */
export function homeRelative(file: string, home: string = process.env.HOME ?? homedir()): string {
  const below = relative(home, file)
  return below === '' || below.startsWith('..') || isAbsolute(below) ? file : `~/${below}`
}
