import { unlockFiles } from '../secret/lock-files.ts'
import { namePaths } from '../secret/paste-path.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { keysSaid } from '../secret/read-secret.ts'
import { Workspace } from '../secret/workspace.ts'
import { parseOptions } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'
import { countFiles } from './secret/count-files.ts'
import { jsonLists } from './secret/json-path.ts'

export const help = `usage: git nixsecret unlock [--json] [PATH…]

Turns locked secrets in this work tree back into plaintext: all of them, or those at the files and directories named,
as far as a private key here opens them. A locked file that was changed is left alone.

  --json   what was done, for machines: {"opened": […], "stillLocked": […], "changed": […], "sealed": […]}

Exit code 1: some files stay locked.
`

/** Runs `unlock`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('unlock', args, { json: { type: 'boolean' } })
  // git's filter asks for a passphrase itself, if one is needed.
  const space = await Workspace.open(null)
  try {
    const scopes = positionals.map((name) => pathArgument(space, name))
    const done = await unlockFiles(space, scopes)
    if (values.json) print(jsonLists({ ...done }))
    else printNote(`unlocked ${countFiles(done.opened.length)}`)
    if (done.sealed.length > 0 && scopes.length > 0) {
      printNote(`kept as ciphertext by .gitattributes (filter=nixsecret-sealed): ${namePaths(done.sealed)}`)
    }
    if (done.stillLocked.length > 0) {
      await space.keys.identities()
      printWarning(`no private key here opens ${namePaths(done.stillLocked)}${await keysSaid(space)}`)
      printHint('git config nixsecret.identity FILE')
    }
    if (done.changed.length > 0) {
      printWarning(`changed while locked, so left alone: ${namePaths(done.changed)}`)
      printHint('git nixsecret set PATH')
      printHint('git checkout -- PATH')
    }
    return done.stillLocked.length + done.changed.length === 0 ? 0 : 1
  } finally {
    space.close()
  }
}
