import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { AskPassphrase } from './ask-passphrase.ts'
import { encryptedIdentity } from './encrypted-identity.ts'
import type { AgeIdentity } from './identity.ts'
import { beginsAsAge } from './inspect.ts'
import { parseKeyLines } from './key-lines.ts'
import type { UnwrapByPlugin } from './plugin/plugin-identity.ts'
import { shellWord } from './shell-word.ts'
import { isPublicKeyFile } from './ssh/agent-key.ts'
import { lockedIdentity } from './ssh/locked-identity.ts'
import { isOpensshFile, parseOpensshFile, readOpenSecret } from './ssh/openssh-file.ts'
import { isPemFile, parsePemKey } from './ssh/pem-file.ts'
import { sshIdentity } from './ssh/ssh-identity.ts'

export type { AskPassphrase }

/**
 * Makes an identity of the public half of a key that ssh-agent holds.
 * @param text of the `.pub` file
 * @param name of the file, as the user wrote it
 * @throws NixsecretError `identity` where the agent is of no use for such a key
 */
export type AgentIdentities = (text: string, name: string) => Promise<AgeIdentity>

const MAX_SIZE = 1 << 20

/** What identities need outside of this process; null where it may not be used. */
export interface Outside {
  /** How keys that ssh-agent holds are used. */
  readonly agent?: AgentIdentities | null
  /** How keys of age plugins are used. */
  readonly plugins?: UnwrapByPlugin | null
}

/**
 * Reads a file of private keys: an age key file, the same encrypted with a passphrase by age, an OpenSSH private key,
 * an unencrypted PEM one, or the public half of a key that ssh-agent holds. Nothing is asked here, only when a stanza needs the key.
 * @param name of the file, as the user wrote it; it is escaped here
 * @param outside what may be used; by default neither agent nor plugins
 * @throws NixsecretError `identity`, never with anything of the file
 */
export async function parseIdentityFile(
  bytes: Buffer,
  name: string,
  ask: AskPassphrase,
  { agent = null, plugins = null }: Outside = {},
): Promise<AgeIdentity[]> {
  if (bytes.length > MAX_SIZE) throw fault(name, 'too large for a file of private keys')
  if (beginsAsAge(bytes)) return [encryptedIdentity(bytes, name, ask, plugins)]
  const text = bytes.toString('latin1')
  if (agent !== null && isPublicKeyFile(bytes)) return [await agent(bytes.toString('utf8'), name)]
  if (isOpensshFile(text)) return [opensshIdentity(text, name, ask)]
  if (isPemFile(text)) {
    const key = parsePemKey(text)
    // ssh-keygen writes its own format when the passphrase changes.
    if (key === 'encrypted')
      throw fault(name, 'PEM private key with a passphrase', [`ssh-keygen -p -f ${shellWord(name)}`])
    if (typeof key === 'string') throw fault(name, key)
    return [sshIdentity(key, displayText(name))]
  }
  return parseKeyLines(bytes, name, plugins)
}

function opensshIdentity(text: string, name: string, ask: AskPassphrase): AgeIdentity {
  const file = parseOpensshFile(text)
  if (typeof file === 'string') throw fault(name, file)
  if (file.cipher !== 'none') return lockedIdentity(file, text, name, ask)
  const key = readOpenSecret(file)
  if (key === null) throw fault(name, 'damaged OpenSSH private key')
  return sshIdentity(key, displayText(name))
}

function fault(name: string, what: string, hints: readonly string[] = []): NixsecretError {
  return new NixsecretError('identity', `${displayText(name)}: ${what}`, { hints })
}
