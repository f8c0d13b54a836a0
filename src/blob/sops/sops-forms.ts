import { decodePaddedBase64 } from '../../age/base64.ts'
import type { AgeRecipient } from '../../age/recipient.ts'
import { montgomeryPoint } from '../../age/ssh/edwards.ts'
import { parsePublicKey } from '../../age/ssh/public-key.ts'
import { x25519Recipient } from '../../age/x25519-recipient.ts'

/**
 * As what a reader stands in a document: as the key itself, and, before it, where that is an `ssh-ed25519` key, as the
 * X25519 key made of it. sops-nix derives that from a host's SSH key as `ssh-to-age` does; sops from 3.10 on opens the
 * other with the SSH key itself.
 */
export function sopsForms(reader: AgeRecipient): AgeRecipient[] {
  const converted = reader.type === 'ssh-ed25519' ? x25519Form(reader) : null
  return converted === null ? [reader] : [converted, reader]
}

function x25519Form({ canonical }: AgeRecipient): AgeRecipient | null {
  const blob = decodePaddedBase64(canonical.split(' ')[1] ?? '')
  const key = blob === null ? null : parsePublicKey(blob)
  if (key === null || typeof key === 'string' || key.type !== 'ssh-ed25519') return null
  const point = montgomeryPoint(key.point)
  return point === null ? null : x25519Recipient(point)
}
