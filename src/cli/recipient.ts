import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { addRecipient, listRecipients, type PolicyEffect, removeRecipient } from '../secret/recipients.ts'
import { Workspace } from '../secret/workspace.ts'
import { parseOptions } from './parse-options.ts'
import { paintFor, print, printHint, printNote, printWarning } from './print.ts'
import { FOUND_NAMES, FOUND_OPTIONS, foundKey } from './recipient/found-key.ts'
import { offerRekey, sayKnown } from './recipient/known-to.ts'
import { columns } from './secret/columns.ts'
import { countFiles } from './secret/count-files.ts'
import { jsonPath } from './secret/json-path.ts'
import { shortKey } from './secret/short-key.ts'

export const help = `usage: git nixsecret recipient add NAME KEY [--group GROUP]… [--no-default]
       git nixsecret recipient add NAME --github USER | --ssh-host HOST[:PORT] | --file FILE [--yes] …
       git nixsecret recipient remove NAME
       git nixsecret recipient list [--json]

Says in nixsecret.toml who can read the secrets; its comments stay. No secret changes before "git nixsecret rekey".

  add      KEY is age1…, age1pq1…, ssh-ed25519 … or ssh-rsa …, or age1NAME1… of an age plugin: a public key. NAME
           becomes a reader of every secret that no rule names ([default] in nixsecret.toml). Instead of that:
             --group GROUP   a member of that group, and so a reader of what the group reads; may be repeated
             --no-default    only a name with a key, for you to put into rules
           Instead of KEY, what can be found; it is shown with its fingerprint, and you are asked:
             --github USER   an SSH key by which that user logs in at github.com
             --ssh-host HOST the host key that an SSH server shows (ssh-keyscan), held against known_hosts
             --file FILE     a .pub file, or a recipients file as for "age -R"; - for standard input
             --fingerprint SHA256:…   which of several; of age keys, the key itself
             --yes           don't ask
  remove   takes NAME out of recipients, groups, rules and [default]; refused where nobody would be left. Lists what that key
           could read in any commit and that is still the same, as rotation does, and asks whether to rekey
  list     who there is, and how many secrets each can read; --json for machines

  git nixsecret recipient add bob "$(cat bob.pub)"
  git nixsecret recipient add web1 --ssh-host web1.example.org --no-default
  git nixsecret rekey
`

/** Runs `recipient`. */
export async function run(args: string[]): Promise<number> {
  const options = {
    group: { type: 'string', multiple: true },
    'no-default': { type: 'boolean' },
    json: { type: 'boolean' },
    ...FOUND_OPTIONS,
  } as const
  const { values, positionals } = parseOptions('recipient', args, options)
  const [action, ...operands] = positionals
  const space = await Workspace.open(null)
  try {
    if (action === 'add') {
      const key = await foundKey(operands, values)
      const words = key === null ? operands : [...operands, key]
      await add(space, words, values.group ?? [], values['no-default'] ?? false)
    } else if (FOUND_NAMES.some((name) => values[name] !== undefined))
      throw usage('only "recipient add" looks for keys')
    else if (action === 'remove') {
      if (await remove(space, operands)) return (await import('./rekey.ts')).run([])
    } else if (action === 'list' && operands.length === 0) await list(space, values.json ?? false)
    else throw usage('recipient needs one of: add NAME KEY, remove NAME, list')
    return 0
  } finally {
    space.close()
  }
}

async function add(space: Workspace, operands: string[], groups: string[], nowhere: boolean): Promise<void> {
  // An SSH key without quotes comes as several words.
  const [name, ...words] = operands
  if (name === undefined || words.length === 0) throw usage('recipient add needs NAME and KEY')
  if (nowhere && groups.length > 0)
    throw usage('--group makes NAME a reader, --no-default does not: choose one')
  const place = groups.length > 0 ? groups : nowhere ? 'nowhere' : 'default'
  const effect = await addRecipient(space, name, words.join(' '), place)
  const shown = displayText(name)
  if (!effect.changed) printNote(`${shown} is in nixsecret.toml just so already`)
  else printNote(`${shown} is in nixsecret.toml now, and may read ${countFiles(effect.files.length)}`)
  if (effect.files.length > 0) print(listed(effect))
  else if (!effect.inDefault && groups.length === 0) {
    printNote(`nothing names ${shown} yet: put "${shown}" into a "to" of nixsecret.toml, or into a group`)
    printHint(`git nixsecret recipient add ${shown} KEY --group GROUP`)
  }
  sayRekey(effect)
}

/** @returns whether to go on with `rekey` */
async function remove(space: Workspace, operands: string[]): Promise<boolean> {
  const [name, ...more] = operands
  if (name === undefined || more.length > 0) throw usage('recipient remove needs one NAME')
  const effect = await removeRecipient(space, name)
  const shown = displayText(name)
  printNote(`${shown} is no longer in nixsecret.toml`)
  if (effect.files.length > 0) {
    printWarning(
      `${shown} still knows what could be read until now, and can read it in the history; change these`,
    )
    print(listed(effect))
  }
  const key = effect.before.recipients.get(name)
  if (key !== undefined) await sayKnown(key)
  sayRekey(effect)
  return (effect.stale ?? 0) > 0 && (await offerRekey())
}

function listed({ files }: PolicyEffect): string {
  const shown = files.slice(0, 20).map((path) => `  ${displayPath(path)}`)
  return [...shown, ...(files.length > 20 ? [`  … and ${files.length - 20} more`] : [])].join('\n')
}

function sayRekey({ stale, accepted }: PolicyEffect): void {
  if (!accepted) {
    printNote('something that nixsecret.toml or .gitattributes say here is not accepted yet')
    printHint('git nixsecret trust')
  }
  if (stale === null) {
    printWarning('nixsecret.toml names no reader for some secret; rekey will refuse')
    printHint('git nixsecret rekey --dry-run')
  } else if (stale > 0) {
    const are = stale === 1 ? 'is' : 'are'
    printNote(`${countFiles(stale)} ${are} still encrypted for other readers; rekey changes that`)
    printHint('git nixsecret rekey')
  } else printHint('git add nixsecret.toml')
}

async function list(space: Workspace, json: boolean): Promise<void> {
  const entries = await listRecipients(space)
  if (json) {
    print(
      JSON.stringify(
        entries.map((entry) => ({ ...entry, files: entry.files.map(jsonPath) })),
        null,
        2,
      ),
    )
    return
  }
  const rows = entries.map(({ name, type, groups, files, own, key }) => [
    displayText(name) + (own ? ' (you)' : ''),
    type,
    countFiles(files.length),
    groups.map((group) => `@${displayText(group)}`).join(' ') || '–',
    shortKey(key),
  ])
  const [head = '', ...lines] = columns([['NAME', 'TYPE', 'READS', 'GROUPS', 'KEY'], ...rows])
  print(paintFor(process.stdout)('bold', head))
  for (const line of lines) print(line)
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret recipient --help'] })
}
