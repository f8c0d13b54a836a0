import type { AgeRecipient } from '../age/age-recipient.ts'
import type { AskPassphrase } from '../age/ask-passphrase.ts'
import type { UnwrapByPlugin } from '../age/plugin/plugin-identity.ts'
import { type PreparedHeader, prepareHeader } from '../age/seal.ts'
import type { Stanza } from '../age/stanza.ts'
import type { Readers } from './readers.ts'

// What starts plugins is loaded only by those who have such keys.
const load = () => import('./run-plugin.ts')

/** How the private keys of plugins are used where there may be somebody to be asked. */
export function unwrapByPlugin(ask: AskPassphrase): UnwrapByPlugin {
  return async (key, stanzas) => (await load()).unwrapByPlugin(key, stanzas, ask)
}

/**
 * A header for these readers, with a new file key; a promise only where a plugin or a post-quantum key is among them.
 * @param ask what a plugin may ask by; null where nobody may be asked
 * @throws NixsecretError `recipient` where a plugin fails or its stanzas do not go with others, `missing` where it is
 *   not there
 */
export function headerFor(
  { recipients, stanza }: Readers,
  ask: AskPassphrase | null = null,
): PreparedHeader | Promise<PreparedHeader> {
  return headerOf(recipients, [stanza], ask)
}

/** The same, with these stanzas beside those of the recipients. */
export function headerOf(
  recipients: readonly AgeRecipient[],
  stanzas: readonly Stanza[],
  ask: AskPassphrase | null = null,
): PreparedHeader | Promise<PreparedHeader> {
  return prepareHeader(recipients, stanzas, async (recipient, fileKey) =>
    (await load()).wrapByPlugin(recipient, fileKey, ask),
  )
}
