import type { AgeIdentity } from '../identity.ts'
import type { Stanza } from '../stanza.ts'

/** A private key that only the program `age-plugin-NAME` can use. */
export interface PluginKey {
  /** Of the plugin. */
  readonly name: string
  /** `AGE-PLUGIN-NAME-1…`, which need not be secret, but may. */
  readonly identity: string
  /** Where it came from, for people. */
  readonly description: string
}

/**
 * Has the plugin of a key open one of the stanzas of one file.
 * @returns the file key, null where the plugin opens none
 * @throws NixsecretError `missing` where the plugin is not there, `identity` where it fails, `passphrase` where it asked
 *   for something in vain
 */
export type UnwrapByPlugin = (key: PluginKey, stanzas: readonly Stanza[]) => Promise<Uint8Array | null>

/** @param unwrap null where no plugin may be started */
export function pluginIdentity(key: PluginKey, unwrap: UnwrapByPlugin | null): AgeIdentity {
  return {
    description: key.description,
    recipient: null,
    plugin: key.name,
    mayAsk: true,
    // All of them, as age does: a plugin may open stanzas of any type.
    unwrap: (stanzas) => unwrap?.(key, stanzas) ?? null,
  }
}
