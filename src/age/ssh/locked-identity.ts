import type { PrivateKey } from 'sshpk'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type AskPassphrase, tryPassphrases } from '../ask-passphrase.ts'
import type { AgeIdentity } from '../identity.ts'
import { shellWord } from '../shell-word.ts'
import { convertedPublicKey } from './converted-key.ts'
import type { OpensshFile } from './openssh-file.ts'
import { readPrivateKey, type SshPrivateKey } from './private-key.ts'
import { formatPublicKey } from './public-key.ts'
import { sshIdentity, sshStanzas } from './ssh-identity.ts'
import { WireReader } from './wire.ts'

/** Ciphers that sshpk 1.18 reads; on others it says "excess bytes left after key" (measured). */
const CIPHERS = /^(aes(128|192|256)-(ctr|cbc)|3des-cbc)$/
/** ssh-keygen's default is 16, some 0.4 s here; at this many it is a minute and a half. */
const MAX_ROUNDS = 4096

/**
 * An OpenSSH key under a passphrase. It asks when, and only when, a stanza's tag says that this key is needed,
 * and does not ask again.
 * @param text of the file
 * @throws NixsecretError `identity` for a cipher that can't be read here
 */
export function lockedIdentity(
  file: OpensshFile,
  text: string,
  name: string,
  ask: AskPassphrase,
): AgeIdentity {
  const shown = displayText(name)
  if (!CIPHERS.test(file.cipher) || file.rounds > MAX_ROUNDS) {
    const what =
      file.rounds > MAX_ROUNDS ? `${file.rounds} rounds of bcrypt` : 'a cipher that can not be read here'
    throw new NixsecretError('identity', `${shown}: private key protected with ${what}`, {
      hints: [`ssh-keygen -p -Z aes256-ctr${file.rounds > MAX_ROUNDS ? ' -a 64' : ''} -f ${shellWord(name)}`],
    })
  }
  let unlocked: Promise<AgeIdentity | null> | undefined
  const unlock = () => {
    unlocked ??= tryPassphrases(ask, `passphrase for ${shown}`, async (passphrase) => {
      const key = await decrypt(file, text, passphrase, shown)
      return key === null ? null : sshIdentity(key, shown)
    })
    return unlocked
  }
  return {
    description: shown,
    recipient: formatPublicKey(file.publicKey),
    mayAsk: true,
    async unwrap(stanzas) {
      const ours = sshStanzas(stanzas, file.publicKey)
      if (ours.length === 0) return null
      return (await unlock())?.unwrap(ours) ?? null
    },
    converted() {
      const recipient = convertedPublicKey(file.publicKey)?.canonical
      if (recipient === undefined) return null
      const unwrap: AgeIdentity['unwrap'] = async (stanzas) =>
        stanzas.some(({ args }) => args[0] === 'X25519')
          ? ((await unlock())?.converted?.()?.unwrap(stanzas) ?? null)
          : null
      return { description: shown, recipient, mayAsk: true, unwrap }
    },
  }
}

async function decrypt(
  file: OpensshFile,
  text: string,
  passphrase: string,
  shown: string,
): Promise<SshPrivateKey | null> {
  const fault = (what: string) => new NixsecretError('identity', `${shown}: ${what}`)
  // Loaded here, since few need it. What sshpk throws may quote the key, so it is no cause of ours.
  const { default: sshpk } = await import('sshpk').catch(() => {
    throw fault('what reads such keys cannot be loaded')
  })
  let key: PrivateKey
  try {
    key = sshpk.parsePrivateKey(text, 'ssh-private', { passphrase })
  } catch {
    // Two check numbers that differ mean a wrong passphrase; sshpk has no code for it.
    return null
  }
  let encoded: Buffer
  try {
    encoded = key.toBuffer('rfc4253')
  } catch {
    throw fault('damaged OpenSSH private key')
  }
  const secret = readPrivateKey(new WireReader(encoded), file.publicKey)
  if (secret === null) throw fault('private and public half do not fit')
  return secret
}
