import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BytePath, displayText, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { Gpg } from '../../migrate/gpg/gpg.ts'
import { type ReaderMap, sameReaders } from '../../migrate/gpg/map-readers.ts'
import { planPass } from '../../migrate/pass/plan-pass.ts'
import { type PassStore, readPassStore } from '../../migrate/pass/read-store.ts'
import { pathArgument } from '../../secret/path-argument.ts'
import { Workspace } from '../../secret/workspace.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { parseOptions } from '../parse-options.ts'
import { resolveReaders } from './resolve-readers.ts'
import { IMPORT_OPTIONS, importHelp, runPlan } from './run-plan.ts'
import { withOwnReaders } from './with-own-readers.ts'

export const help = `usage: git nixsecret import pass [PREFIX] [--store DIR] [--into DIR] [--readers FILE | --to NAME…]
                                [--dry-run] [--json]

Takes the entries of a password store of pass, or those below PREFIX, into this repository: "web/db" becomes
secrets/web/db. Your own gpg decrypts them, with its agent and pinentry; each entry is taken byte for byte, in memory.
The store stays as it is. Whom an entry is for says the nearest .gpg-id; who that is in nixsecret.toml you are asked.

  --store DIR     default $PASSWORD_STORE_DIR, else ~/.password-store
  --into DIR      where entries go; default secrets/ at the top of the repository
  --readers FILE  answers instead of questions, as TOML: "GPG id" = "name", "@group", a public key, a list of these, or
                  "" for nobody. Without a terminal and without it, a table to fill in is printed
  --to NAME       readers of everything that comes in, whatever .gpg-id says: a name, @group or public key; may be
                  repeated
${importHelp(18)}
`

const OPTIONS = {
  ...IMPORT_OPTIONS,
  store: { type: 'string' },
  into: { type: 'string' },
  readers: { type: 'string' },
  to: { type: 'string', multiple: true },
} as const

/** Runs `import pass`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import pass', args, OPTIONS)
  if (values.readers !== undefined && values.to !== undefined)
    throw usage('--readers and --to both say who is to read: choose one')
  const store = readPassStore(storeDir(values.store), prefixOf(positionals))
  const space = await Workspace.open(askOnTerminal)
  try {
    const gpg = await Gpg.find((process.env.PASSWORD_STORE_GPG_OPTS ?? '').split(/\s+/).filter(Boolean))
    const table = values.readers === undefined ? null : resolve(values.readers)
    const policy = await space.policyOrNull()
    const ids = idsOf(store)
    const readers: ReaderMap =
      values.to === undefined
        ? await resolveReaders(ids, { scheme: 'pass', table, policy, gpg })
        : sameReaders(values.to, policy)
    const into = values.into === undefined ? textPath('secrets') : pathArgument(space, values.into)
    const plan = await planPass(space, store, { into, gpg, readers: await withOwnReaders(space, readers) })
    return await runPlan(space, plan, {
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      reseal: false,
    })
  } finally {
    space.close()
  }
}

function storeDir(option: string | undefined): string {
  const named = option ?? process.env.PASSWORD_STORE_DIR
  return named === undefined || named === '' ? join(homedir(), '.password-store') : resolve(named)
}

function prefixOf([first, ...more]: readonly string[]): BytePath | '' {
  if (more.length > 0) throw usage('import pass takes one PREFIX')
  const parts = (first ?? '').split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw usage(`${displayText(first ?? '')} leads out of the password store`)
  return parts.length === 0 ? '' : textPath(parts.join('/'))
}

function idsOf({ entries }: PassStore): string[] {
  return [...new Set(entries.flatMap(({ ids }) => ids ?? []))]
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret import pass --help'] })
}
