import type { AgeIdentity } from '../../age/identity.ts'

/** The identities that may open entries of a document: those that are here, and what sops-nix makes of SSH keys. */
export function sopsIdentities(identities: readonly AgeIdentity[]): readonly AgeIdentity[] {
  return identities
}
