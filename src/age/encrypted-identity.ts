import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { dearmor, isArmored } from './armor.ts'
import { type AskPassphrase, tryPassphrases } from './ask-passphrase.ts'
import { type Header, parseHeader } from './header.ts'
import type { AgeIdentity } from './identity.ts'
import { parseKeyLines } from './key-lines.ts'
import { openBytes } from './open.ts'
import type { UnwrapByPlugin } from './plugin/plugin-identity.ts'
import { scryptIdentity } from './scrypt-identity.ts'

/** Types of stanzas that no key in an age key file opens; those of plugins may have any other. */
const FOREIGN = /^(ssh-ed25519|ssh-rsa|scrypt|git-nixsecret\/.*|.*-grease)$/

/**
 * An age key file that age itself encrypted with a passphrase (`age -p`), binary or armored.
 * It asks when there is a stanza that a key in it may open, once, and does not ask again.
 * @throws NixsecretError `identity` where the file is damaged, or not encrypted with a passphrase
 */
export function encryptedIdentity(
  bytes: Buffer,
  name: string,
  ask: AskPassphrase,
  plugins: UnwrapByPlugin | null,
): AgeIdentity {
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
    return plain === null ? null : silentFirst(await parseKeyLines(plain, name, plugins))
  }
  let unlocked: Promise<AgeIdentity[] | null> | undefined
  return {
    description: shown,
    recipient: null,
    mayAsk: true,
    async unwrap(stanzas) {
      if (stanzas.every(({ args }) => FOREIGN.test(args[0] as string))) return null
      unlocked ??= tryPassphrases(ask, `passphrase for ${shown}`, unlock)
      for (const identity of (await unlocked) ?? []) {
        const fileKey = await identity.unwrap(stanzas)
        if (fileKey !== null) return fileKey
      }
      return null
    },
  }
}

function silentFirst(identities: readonly AgeIdentity[]): AgeIdentity[] {
  return [...identities.filter(({ mayAsk }) => !mayAsk), ...identities.filter(({ mayAsk }) => mayAsk)]
}
