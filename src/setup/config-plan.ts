import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type GitConfig, sameConfigValue } from '../git/config.ts'
import type { ConfigEntry } from './config-entries.ts'

/** What has to change so that the configuration holds our entries. */
export interface ConfigPlan {
  /** To be set, because missing or of an earlier release. */
  readonly set: readonly ConfigEntry[]
}

/**
 * Compares a configuration file with the entries that it should hold; changes nothing.
 * @throws NixsecretError `refused` where a key has a value that is not ours: never overwritten
 */
export function planConfig(config: GitConfig, entries: readonly ConfigEntry[]): ConfigPlan {
  const set: ConfigEntry[] = []
  const foreign: Foreign[] = []
  for (const entry of entries) {
    const values = config.all(entry.key)
    const value = values.at(-1)
    if (value === undefined) set.push(entry)
    else if (values.length === 1 && entry.formerly.includes(value)) set.push(entry)
    else if (values.length > 1 || !sameConfigValue(value, entry.value))
      foreign.push({ key: entry.key, value })
  }
  if (foreign.length > 0) throw refusal(config, foreign)
  return { set }
}

/** Sets what a plan says. */
export async function applyConfig(config: GitConfig, plan: ConfigPlan): Promise<void> {
  for (const { key, value } of plan.set) await config.set(key, value)
}

interface Foreign {
  readonly key: string
  readonly value: string
}

function refusal({ scope }: GitConfig, foreign: readonly Foreign[]): NixsecretError {
  const where = scope === 'global' ? 'your global git configuration' : "this repository's configuration"
  const [first, ...others] = foreign as [Foreign, ...Foreign[]]
  const value = first.value === '' ? 'empty' : displayText(first.value)
  const more = others.length === 0 ? '' : ` (and so are ${others.map(({ key }) => key).join(', ')})`
  return new NixsecretError(
    'refused',
    `${first.key} in ${where} is ${value}, which git-nixsecret did not set and needs to be otherwise${more}`,
    {
      hints: [...foreign.map(({ key }) => `git config --${scope} --unset-all ${key}`), 'git nixsecret init'],
    },
  )
}
