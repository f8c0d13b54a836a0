import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { gitCryptKeysOf } from '../../migrate/git-filter/clone-keys.ts'
import {
  GIT_CRYPT_KEY_LIMIT,
  type GitCryptKeyFile,
  parseGitCryptKey,
} from '../../migrate/git-filter/git-crypt-key.ts'
import { parseOptions, refuseOperands } from '../parse-options.ts'
import { FILTER_OPTIONS, importFilter } from './import-filter.ts'
import { importHelp } from './run-plan.ts'

export const help = `usage: git nixsecret import git-crypt [--from CLONE | --key FILE…] [--readers FILE | --to NAME…]
                                     [--dry-run] [--json]

Takes over what git-crypt encrypts: each file that .gitattributes gives to its filter is opened, in memory, and sealed for
the readers of nixsecret.toml at the same path. Below the lines of git-crypt in .gitattributes come lines of
git-nixsecret, which win. Nothing of git-crypt is taken out; the report says what can go, and when. It is all files or none.

Here, this clone must be unlocked and its work tree without changes. Or:
  --key FILE      opens them with a key that "git-crypt export-key" wrote; git-crypt itself is not needed; may be repeated
  --from CLONE    uses the keys of another, unlocked clone. If nothing here goes through git-crypt, the files come from
                  there
Whom the files are for:
  --to NAME       readers of everything that comes in: a name, @group or public key; may be repeated
  --readers FILE  who git-crypt's GPG users are, as TOML: "FINGERPRINT" = "name", "@group", a public key, a list of these, or
                  "" for nobody. Without it you are asked, or, without a terminal, a table to fill in is printed
                  If git-crypt has no GPG users, nixsecret.toml says it
${importHelp(18)}
`

const OPTIONS = {
  ...FILTER_OPTIONS,
  from: { type: 'string' },
  key: { type: 'string', multiple: true },
} as const

/** Runs `import git-crypt`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import git-crypt', args, OPTIONS)
  refuseOperands('import git-crypt', positionals)
  if (values.from !== undefined && values.key !== undefined)
    throw new NixsecretError('usage', '--from and --key both say where the key is: choose one')
  const from = values.from === undefined ? null : resolve(values.from)
  const keys = values.key?.map(readKey) ?? (await gitCryptKeysOf(from ?? process.cwd()))
  return importFilter('git-crypt', values, { keys, from })
}

function readKey(file: string): GitCryptKeyFile {
  let bytes: Buffer
  try {
    const fd = openSync(file, 'r')
    try {
      if (!fstatSync(fd).isFile())
        throw new NixsecretError('usage', `${displayText(file)} is no regular file`)
      const room = Buffer.alloc(GIT_CRYPT_KEY_LIMIT)
      bytes = room.subarray(0, readSync(fd, room, 0, room.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
    throw new NixsecretError('missing', `cannot read the key file ${displayText(file)}`, { cause })
  }
  return parseGitCryptKey(bytes)
}
