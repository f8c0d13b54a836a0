import type { AgeIdentity } from '../age/identity.ts'
import { parseAgentKey } from '../age/ssh/agent-key.ts'
import { AGENT_MESSAGE, AGENT_NAMESPACE, agentSecret } from '../age/ssh/agent-secret.ts'
import { formatPublicKey, type SshPublicKey } from '../age/ssh/public-key.ts'
import { x25519Identity } from '../age/x25519-identity.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { signThroughAgent } from '../host/ssh-agent.ts'

/** By public key: an agent is asked once in the life of a process, whether it went well or not. */
const derived = new Map<string, Promise<AgeIdentity>>()

/**
 * The X25519 identity behind a key that ssh-agent holds. The agent is asked for a signature when there is an X25519
 * stanza to try, and not before; this process keeps what is derived from it, and nothing is written anywhere.
 * @param text of the public key's file
 * @param name of the file, as the user wrote it; it is escaped here
 * @throws NixsecretError `identity` for a key from which nothing can be derived
 */
export function agentIdentity(text: string, name: string): AgeIdentity {
  const shown = displayText(name)
  const key = parseAgentKey(text)
  if (typeof key === 'string') throw new NixsecretError('identity', `${shown}: ${key}`)
  const { publicKey } = key
  const once = () => {
    const line = formatPublicKey(publicKey)
    const known = derived.get(line) ?? derive(publicKey, shown)
    derived.set(line, known)
    return known
  }
  return {
    description: shown,
    recipient: null,
    async unwrap(stanzas) {
      return stanzas.some(({ args }) => args[0] === 'X25519') ? (await once()).unwrap(stanzas) : null
    },
    async reveal() {
      const { recipient } = await once()
      const again = await derive(publicKey, shown)
      if (again.recipient === recipient) return recipient as string
      const what = 'two signatures of the same text differ, so nothing can be derived from them'
      throw new NixsecretError('identity', `${shown} through ssh-agent: ${what}`)
    },
  }
}

async function derive(publicKey: SshPublicKey, shown: string): Promise<AgeIdentity> {
  const armored = await signThroughAgent({
    publicKey: formatPublicKey(publicKey),
    shown,
    namespace: AGENT_NAMESPACE,
    message: AGENT_MESSAGE,
  })
  const secret = agentSecret(armored, publicKey)
  armored.fill(0)
  if (typeof secret === 'string')
    throw new NixsecretError('identity', `${shown} through ssh-agent: ${secret}`)
  const identity = x25519Identity(secret, `${shown} through ssh-agent`)
  secret.fill(0)
  return identity
}
