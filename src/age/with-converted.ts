import type { AgeIdentity } from './identity.ts'

/**
 * The identities, and after each of an `ssh-ed25519` key the X25519 key that ssh-to-age makes of it: documents of SOPS
 * are often sealed for that one.
 */
export function withConverted(identities: readonly AgeIdentity[]): AgeIdentity[] {
  return identities.flatMap((identity) => {
    const converted = identity.converted?.() ?? null
    return converted === null ? [identity] : [identity, converted]
  })
}
