import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { decodeBech32 } from './bech32.ts'
import type { AgeIdentity } from './identity.ts'
import { pluginIdentity, type UnwrapByPlugin } from './plugin/plugin-identity.ts'
import { pluginOfIdentity } from './plugin/plugin-key.ts'
import { hybridIdentity } from './post-quantum.ts'
import { POINT_SIZE } from './x25519.ts'
import { x25519Identity } from './x25519-identity.ts'

const MAX_KEYS = 1000

/**
 * Reads an age key file: one key a line, empty lines and `#` comments between them
 * (https://github.com/FiloSottile/age/blob/main/doc/age-keygen.1.ronn).
 * @param plugins how keys of plugins are used; null where no plugin may be started
 * @throws NixsecretError `identity` with file and line, never with anything of the line
 */
export async function parseKeyLines(
  bytes: Buffer,
  name: string,
  plugins: UnwrapByPlugin | null,
): Promise<AgeIdentity[]> {
  const shown = displayText(name)
  const identities: AgeIdentity[] = []
  for (const [i, line] of bytes.toString('latin1').split('\n').entries()) {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    if (identities.length === MAX_KEYS) throw fault(`${shown}: more than ${MAX_KEYS} keys`)
    identities.push(await parseKey(text, `${shown}:${i + 1}`, plugins))
  }
  if (identities.length === 0) throw fault(`${shown}: no private key in it`)
  return identities.length > 1 ? identities : identities.map((one) => ({ ...one, description: shown }))
}

function parseKey(
  text: string,
  where: string,
  plugins: UnwrapByPlugin | null,
): AgeIdentity | Promise<AgeIdentity> {
  if (/^AGE-PLUGIN-/.test(text)) return parsePluginKey(text, where, plugins)
  if (/^(age1|ssh-)/.test(text)) throw fault(`${where}: public key where a private one is needed`)
  if (!text.startsWith('AGE-SECRET-KEY-')) throw fault(`${where}: not a private key of age`)
  const decoded = decodeBech32(text)
  if (decoded?.bytes.length !== POINT_SIZE) throw fault(`${where}: private key mistyped or cut off`)
  if (decoded.prefix === 'AGE-SECRET-KEY-PQ-') return hybridIdentity(text, where)
  if (decoded.prefix === 'AGE-SECRET-KEY-') return x25519Identity(decoded.bytes, where)
  throw fault(`${where}: private key of a kind that is not known here`)
}

function parsePluginKey(identity: string, where: string, plugins: UnwrapByPlugin | null): AgeIdentity {
  const decoded = decodeBech32(identity)
  if (decoded === null) throw fault(`${where}: key of an age plugin mistyped or cut off`)
  const name = pluginOfIdentity(decoded.prefix)
  if (name === null) throw fault(`${where}: key of an age plugin of an impossible name`)
  return pluginIdentity({ name, identity, description: where }, plugins)
}

function fault(message: string): NixsecretError {
  return new NixsecretError('identity', message)
}
