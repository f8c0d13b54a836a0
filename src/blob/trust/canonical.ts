import { parseRecipient } from '../../age/recipient.ts'

/**
 * A public key as keys are compared: without comment.
 * @throws NixsecretError `recipient` for what is none
 */
export function canonical(key: string): string {
  return parseRecipient(key).canonical
}
