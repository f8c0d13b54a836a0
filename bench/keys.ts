import { generateKeyPairSync } from 'node:crypto'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Sandbox } from '../test/support/sandbox.ts'

/** Three recipients, as a person, a backup and a host would be; and the file with the first one's private key. */
export interface Keys {
  readonly recipients: readonly [string, string, string]
  readonly identityFile: string
}

/** Makes fresh keys: two of age's own, and one of SSH (ed25519). */
export async function makeKeys(sandbox: Sandbox): Promise<Keys> {
  const person = await generateX25519Identity()
  const backup = await generateX25519Identity()
  const identityFile = sandbox.write('identity.txt', `${person}\n`, 0o600)
  return {
    recipients: [await identityToRecipient(person), await identityToRecipient(backup), sshKey()],
    identityFile,
  }
}

function sshKey(): string {
  const { publicKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  })
  // RFC 8709: the name and the 32 bytes of the point, each with its length before it; they end the DER form.
  const parts = [Buffer.from('ssh-ed25519'), publicKey.subarray(-32)].map((part) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return Buffer.concat([length, part])
  })
  return `ssh-ed25519 ${Buffer.concat(parts).toString('base64')} root@host`
}
