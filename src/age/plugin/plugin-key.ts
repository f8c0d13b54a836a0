import type { PluginRecipient } from '../age-recipient.ts'

/** Whether a name, in lower case, may be that of a plugin (https://c2sp.org/age-plugin). It can be no path. */
export function isPluginName(name: string): boolean {
  return /^[a-z0-9._+-]{1,64}$/.test(name)
}

/** The program that speaks for a plugin. */
export function pluginProgram(name: string): string {
  return `age-plugin-${name}`
}

/**
 * An `age1NAME1…` key.
 * @param prefix of its Bech32 form, in lower case: `age1NAME`
 * @returns null where that is no name of a plugin
 */
export function pluginRecipient(prefix: string, canonical: string): PluginRecipient | null {
  const name = prefix.slice('age1'.length)
  if (!prefix.startsWith('age1') || !isPluginName(name)) return null
  return { type: 'plugin', name, canonical, stanzaType: null, tag: null, postQuantum: null }
}

/** The plugin of an `AGE-PLUGIN-NAME-1…` key, by the prefix of its Bech32 form; null where it is none. */
export function pluginOfIdentity(prefix: string): string | null {
  const name = /^AGE-PLUGIN-(.+)-$/.exec(prefix)?.[1]?.toLowerCase() ?? ''
  return isPluginName(name) ? name : null
}
