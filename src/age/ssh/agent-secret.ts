import { deriveKey } from '../derive-key.ts'
import type { SshPublicKey } from './public-key.ts'
import { readSshSignature } from './sshsig.ts'

// None of these may ever change: every identity that was derived would be another.
/** The namespace of the signature: no signature for another purpose is of use here, nor ours elsewhere. */
export const AGENT_NAMESPACE = 'git-nixsecret'
/** What is signed; an agent that shows what it signs shows a warning. */
export const AGENT_MESSAGE = Buffer.from(
  'git-nixsecret/v1 ssh-agent: whoever holds a signature of this text can read what is encrypted for this key\n',
)
const INFO = 'git-nixsecret/v1 ssh-agent'

/**
 * The X25519 secret of an SSH key that only signs: HKDF-SHA-256 of the raw signature over {@link AGENT_MESSAGE}, salted
 * with the public key. docs/ssh-agent.md has it in words, with test vectors.
 * @param armored as `ssh-keygen -Y sign` prints it; it is as secret as what comes out
 * @returns 32 bytes; or what is wrong with the signature, as a string
 */
export function agentSecret(armored: Buffer, publicKey: SshPublicKey): Buffer | string {
  const signature = readSshSignature(armored, {
    publicKey,
    namespace: AGENT_NAMESPACE,
    message: AGENT_MESSAGE,
  })
  if (typeof signature === 'string') return signature
  const secret = deriveKey(signature, publicKey.blob, INFO)
  signature.fill(0)
  return secret
}
