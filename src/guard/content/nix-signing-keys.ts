import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { ContentHit } from './hit.ts'

/** Behind a name, 64 bytes in base64: a secret key of a binary cache, or a signature that one made. */
const KEY = /:([A-Za-z0-9+/]{85}[AQgw]==)(?![A-Za-z0-9+/=])/g
/** Keys of Ed25519 in PKCS #8 begin with this. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SEED_SIZE = 32
/** Each costs a tenth of a millisecond to try. */
const MAX_TRIED = 10_000

/**
 * Secret keys that sign for a Nix binary cache (`nix-store --generate-binary-cache-key`). Their second half is the
 * public key of the first, which no signature is.
 */
export function nixSigningKeys(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  let tried = 0
  for (const match of text.matchAll(KEY)) {
    if (tried++ === MAX_TRIED) break
    if (isKeyPair(Buffer.from(match[1] as string, 'base64')))
      hits.push({ offset: match.index + 1, what: 'Nix signing key' })
  }
  return hits
}

function isKeyPair(bytes: Buffer): boolean {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8, bytes.subarray(0, SEED_SIZE)]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x as string
  return Buffer.from(publicKey, 'base64url').equals(bytes.subarray(SEED_SIZE))
}
