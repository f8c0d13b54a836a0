import { shellWord } from '../../age/shell-word.ts'
import { NixsecretError } from '../../errors.ts'
import { fileKeys } from '../../secret/found/file-keys.ts'
import { githubKeys } from '../../secret/found/github-keys.ts'
import { hostKeys } from '../../secret/found/host-keys.ts'
import type { KeySource } from '../../secret/found/key-source.ts'
import { chooseFound } from './choose-found.ts'

/** Options of `recipient add` for a key that is to be found. */
export const FOUND_OPTIONS = {
  github: { type: 'string' },
  'ssh-host': { type: 'string' },
  file: { type: 'string' },
  fingerprint: { type: 'string' },
  yes: { type: 'boolean' },
} as const

const SOURCES: Readonly<Record<'github' | 'ssh-host' | 'file', (where: string) => Promise<KeySource>>> = {
  github: (user) => githubKeys(user),
  'ssh-host': hostKeys,
  file: fileKeys,
}
/** Names of {@link FOUND_OPTIONS}. */
export const FOUND_NAMES = Object.keys(FOUND_OPTIONS) as (keyof typeof FOUND_OPTIONS)[]

type Values = { readonly [name in 'github' | 'ssh-host' | 'file' | 'fingerprint']?: string | undefined } & {
  readonly yes?: boolean | undefined
  readonly group?: string[] | undefined
  readonly 'no-default'?: boolean | undefined
}

/**
 * The key that the options lead to, once somebody agreed to it.
 * @param operands NAME alone, where a key is to be found
 * @returns null where the options name no place to look at
 * @throws NixsecretError `usage` where they don't go together, and what the sources and {@link chooseFound} throw
 */
export async function foundKey(operands: readonly string[], values: Values): Promise<string | null> {
  const named = (['github', 'ssh-host', 'file'] as const).filter((option) => values[option] !== undefined)
  const [option, ...others] = named
  if (option === undefined) {
    if (values.fingerprint === undefined && values.yes === undefined) return null
    throw usage('--yes and --fingerprint go with --github, --ssh-host or --file')
  }
  const [name, ...more] = operands
  if (others.length > 0 || more.length > 0)
    throw usage('one key is needed: KEY, --github, --ssh-host or --file')
  if (name === undefined) throw usage('recipient add needs NAME')
  const where = values[option] as string
  const source = await SOURCES[option](where)
  const places = [
    ...(values.group ?? []).map((group) => `--group ${shellWord(group)}`),
    ...(values['no-default'] ? ['--no-default'] : []),
  ]
  const command = ['recipient add', shellWord(name), `--${option}`, shellWord(where), ...places].join(' ')
  return chooseFound(source, {
    name,
    command,
    fingerprint: values.fingerprint ?? null,
    yes: values.yes ?? false,
  }).line
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret recipient --help'] })
}
