import type { AgeRecipient } from '../../age/recipient.ts'
import { convertedRecipient } from '../../age/ssh/converted-key.ts'

/**
 * As what a reader stands in a document: as the key itself, and, before it, where that is an `ssh-ed25519` key, as the
 * X25519 key made of it. sops-nix derives that from a host's SSH key as `ssh-to-age` does; sops from 3.10 on opens the
 * other with the SSH key itself.
 */
export function sopsForms(reader: AgeRecipient): AgeRecipient[] {
  const converted = convertedRecipient(reader)
  return converted === null ? [reader] : [converted, reader]
}
