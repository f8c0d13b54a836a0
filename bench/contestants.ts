import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { has } from '../test/support/needs.ts'
import type { Sandbox } from '../test/support/sandbox.ts'
import type { Keys } from './keys.ts'

export type Name = 'git-nixsecret' | 'pass-through' | 'git-crypt' | 'no filter'

/** How one contestant's repository differs from a plain one. */
export interface Contestant {
  readonly name: Name
  /** The filter attribute of `secrets/**`; null for none. */
  readonly filter: string | null
  /** git configuration, beyond what all have. */
  readonly config: Readonly<Record<string, string>>
  /** A file that must be committed beside the secrets. */
  readonly file?: { readonly name: string; readonly content: string }
  /** A command that makes the repository ready. */
  readonly prepare?: readonly string[]
  /** One for which all of that must be committed. */
  readonly finish?: readonly string[]
  /** How a blob has to begin, so that nobody wins by doing nothing. */
  readonly blobBegins?: string
}

/** Who takes part, given what is installed; `git-nixsecret` and `pass-through` are put on the sandbox's PATH. */
export function contestants(sandbox: Sandbox, keys: Keys): Contestant[] {
  symlinkSync(
    fileURLToPath(new URL('pass-through.mjs', import.meta.url)),
    join(sandbox.bin, 'nixsecret-pass-through'),
  )
  const all: Contestant[] = [
    {
      name: 'git-nixsecret',
      filter: 'nixsecret',
      config: {
        'filter.nixsecret.process': 'git-nixsecret filter-process',
        'filter.nixsecret.clean': 'git-nixsecret clean %f',
        'filter.nixsecret.smudge': 'git-nixsecret smudge %f',
        'filter.nixsecret.required': 'true',
        'core.trustctime': 'false',
        'nixsecret.identity': keys.identityFile,
      },
      file: { name: 'nixsecret.toml', content: policy(keys) },
      finish: ['git-nixsecret', 'trust', '--yes'],
      blobBegins: 'age-encryption.org/v1\n',
    },
    {
      name: 'pass-through',
      filter: 'passthrough',
      config: {
        'filter.passthrough.process': 'nixsecret-pass-through',
        'filter.passthrough.required': 'true',
        'core.trustctime': 'false',
      },
    },
    { name: 'no filter', filter: null, config: { 'core.trustctime': 'false' } },
  ]
  if (has('git-crypt')) {
    all.push({
      name: 'git-crypt',
      filter: 'git-crypt',
      config: {},
      prepare: ['git-crypt', 'init'],
      blobBegins: '\0GITCRYPT\0',
    })
  }
  return all
}

function policy(keys: Keys): string {
  const lines = keys.recipients.map((key, index) => `r${index + 1} = "${key}"`)
  const names = keys.recipients.map((_, index) => `"r${index + 1}"`)
  return `version = 1\n\n[recipients]\n${lines.join('\n')}\n\n[default]\nto = [${names.join(', ')}]\n`
}
