import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { decodeBech32 } from './bech32.ts'
import type { AgeIdentity } from './identity.ts'
import { hybridIdentity } from './post-quantum.ts'
import { POINT_SIZE } from './x25519.ts'
import { x25519Identity } from './x25519-identity.ts'

const MAX_KEYS = 1000

/**
 * Reads an age key file: one key a line, empty lines and `#` comments between them
 * (https://github.com/FiloSottile/age/blob/main/doc/age-keygen.1.ronn).
 * @throws NixsecretError `identity` with file and line, never with anything of the line
 */
export async function parseKeyLines(bytes: Buffer, name: string): Promise<AgeIdentity[]> {
  const shown = displayText(name)
  const identities: AgeIdentity[] = []
  for (const [i, line] of bytes.toString('latin1').split('\n').entries()) {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    if (identities.length === MAX_KEYS) throw fault(`${shown}: more than ${MAX_KEYS} keys`)
    identities.push(await parseKey(text, `${shown}:${i + 1}`))
  }
  if (identities.length === 0) throw fault(`${shown}: no private key in it`)
  return identities.length > 1 ? identities : identities.map((one) => ({ ...one, description: shown }))
}

function parseKey(text: string, where: string): AgeIdentity | Promise<AgeIdentity> {
  if (/^AGE-PLUGIN-/.test(text)) throw fault(`${where}: keys of age plugins are not supported`)
  if (/^(age1|ssh-)/.test(text)) throw fault(`${where}: public key where a private one is needed`)
  if (!text.startsWith('AGE-SECRET-KEY-')) throw fault(`${where}: not a private key of age`)
  const decoded = decodeBech32(text)
  if (decoded?.bytes.length !== POINT_SIZE) throw fault(`${where}: private key mistyped or cut off`)
  if (decoded.prefix === 'AGE-SECRET-KEY-PQ-') return hybridIdentity(text, where)
  if (decoded.prefix === 'AGE-SECRET-KEY-') return x25519Identity(decoded.bytes, where)
  throw fault(`${where}: private key of a kind that is not known here`)
}

function fault(message: string): NixsecretError {
  return new NixsecretError('identity', message)
}
