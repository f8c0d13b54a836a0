import { decodePaddedBase64 } from '../base64.ts'
import { parsePublicKey, type SshPublicKey } from './public-key.ts'
import { WireReader } from './wire.ts'

/** The public half of a key that an agent may hold. */
export interface AgentKey {
  readonly publicKey: SshPublicKey
  /** As its owner wrote it; untrusted. */
  readonly comment: string
}

/** Whether a file holds a public SSH key, of whatever kind, where a private one might be. */
export function isPublicKeyFile(bytes: Buffer): boolean {
  return /^\s*(ssh-|ecdsa-|sk-)[\w.@-]+[ \t]+AAAA/.test(bytes.toString('latin1', 0, 256))
}

/**
 * Reads one line of a `.pub` file or of `ssh-add -L`.
 * @returns what is wrong with it, as a string, where no identity can be derived from it
 */
export function parseAgentKey(text: string): AgentKey | string {
  const [line = '', ...more] = text.trim().split(/\r?\n/)
  if (more.length > 0) return 'more than one line: one public key is needed'
  const found = /^(\S+)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(line)
  const type = found?.[1] ?? ''
  const blob = decodePaddedBase64(found?.[2] ?? '')
  if (blob === null || blob.length === 0) return 'malformed SSH public key'
  if (new WireReader(blob).text() !== type) return 'malformed SSH public key'
  const unfit = whyUnfit(type)
  if (unfit !== null) return unfit
  const publicKey = parsePublicKey(blob)
  return typeof publicKey === 'string' ? publicKey : { publicKey, comment: found?.[3]?.trim() ?? '' }
}

/** Why nothing can be derived from a signature of such a key; null where it can. */
function whyUnfit(type: string): string | null {
  if (type === 'ssh-ed25519' || type === 'ssh-rsa') return null
  if (/-cert-v\d+@openssh\.com$/.test(type)) return 'a certificate: name the key that it was made for'
  if (type.startsWith('sk-'))
    return 'a FIDO key (sk-…): each of its signatures is another one, so nothing can be derived from them'
  if (type.startsWith('ecdsa-'))
    return 'an ECDSA key: it signs with randomness, so nothing can be derived from its signatures'
  if (type === 'ssh-dss') return 'a DSA key: too weak, and it signs with randomness'
  return 'not an Ed25519 or RSA key'
}
