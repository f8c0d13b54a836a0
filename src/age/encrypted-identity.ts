import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { dearmor, isArmored } from './armor.ts'
import { type AskPassphrase, tryPassphrases } from './ask-passphrase.ts'
import { type Header, parseHeader } from './header.ts'
import type { AgeIdentity } from './identity.ts'
import { parseKeyLines } from './key-lines.ts'
import { openBytes } from './open.ts'
import { HYBRID_STANZA } from './post-quantum.ts'
import { scryptIdentity } from './scrypt-identity.ts'

/**
 * An age key file that age itself encrypted with a passphrase (`age -p`), binary or armored.
 * It asks when there is a stanza that a key in it may open, once, and does not ask again.
 * @throws NixsecretError `identity` where the file is damaged, or not encrypted with a passphrase
 */
export function encryptedIdentity(bytes: Buffer, name: string, ask: AskPassphrase): AgeIdentity {
  const shown = displayText(name)
  const fault = (what: string) => new NixsecretError('identity', `${shown}: ${what}`)
  let file: Buffer
  let header: Header
  try {
    file = isArmored(bytes) ? dearmor(bytes) : bytes
    header = parseHeader(file, true) as Header
  } catch {
    throw fault('damaged age file')
  }
  if (header.stanzas.length !== 1 || header.stanzas[0]?.args[0] !== 'scrypt')
    throw fault('encrypted, but not with a passphrase')

  const unlock = async (passphrase: string): Promise<AgeIdentity[] | null> => {
    let plain: Buffer | null
    try {
      plain = await openBytes(file, [scryptIdentity(passphrase, shown)], header, (error) => {
        // Too little memory for scrypt is no wrong passphrase.
        throw error
      })
    } catch (error) {
      if (error instanceof NixsecretError && error.code === 'format') throw fault('damaged age file')
      throw error
    }
    return plain === null ? null : parseKeyLines(plain, name)
  }
  let unlocked: Promise<AgeIdentity[] | null> | undefined
  return {
    description: shown,
    recipient: null,
    mayAsk: true,
    async unwrap(stanzas) {
      if (!stanzas.some(({ args }) => args[0] === 'X25519' || args[0] === HYBRID_STANZA)) return null
      unlocked ??= tryPassphrases(ask, `passphrase for ${shown}`, unlock)
      for (const identity of (await unlocked) ?? []) {
        const fileKey = await identity.unwrap(stanzas)
        if (fileKey !== null) return fileKey
      }
      return null
    },
  }
}
