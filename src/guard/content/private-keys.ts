import { ageIdentities } from './age-identities.ts'
import type { ContentHit } from './hit.ts'
import { jwkKeys } from './jwk-keys.ts'
import { nixSigningKeys } from './nix-signing-keys.ts'
import { pemKeys } from './pem-keys.ts'
import { puttyKeys } from './putty-keys.ts'
import { wireguardKeys } from './wireguard-keys.ts'

const FINDERS = [ageIdentities, pemKeys, puttyKeys, wireguardKeys, nixSigningKeys, jwkKeys]

/**
 * Private keys in a text. Keys under a passphrase count, because passphrases are guessed; words that only look like
 * the beginning of a key do not.
 * @param text latin1, so that offsets are bytes
 * @returns in the order in which they stand
 */
export function privateKeys(text: string): ContentHit[] {
  return FINDERS.flatMap((find) => find(text)).sort((a, b) => a.offset - b.offset)
}
