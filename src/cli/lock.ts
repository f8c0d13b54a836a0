import { lockFiles } from '../secret/lock-files.ts'
import { namePaths } from '../secret/paste-path.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { Workspace } from '../secret/workspace.ts'
import { parseOptions } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'
import { countFiles } from './secret/count-files.ts'
import { jsonLists } from './secret/json-path.ts'

export const help = `usage: git nixsecret lock [--json] [PATH…]

Turns secrets in this work tree into ciphertext: all of them, or those at the files and directories named. They stay
so over checkouts, merges and new secrets until "git nixsecret unlock" is said. Needs no key.
If a secret holds what git does not have yet, nothing is locked, so nothing is lost.

  --json   what was done, for machines: {"locked": […], "already": […], "plaintext": […]}

Exit code 1: some files are plaintext in git itself, so they cannot be locked.
`

/** Runs `lock`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('lock', args, { json: { type: 'boolean' } })
  const space = await Workspace.open(null)
  try {
    const done = await lockFiles(
      space,
      positionals.map((name) => pathArgument(space, name)),
    )
    if (values.json) print(jsonLists({ ...done }))
    else printNote(`locked ${countFiles(done.locked.length)}${besides(done.already.length)}`)
    if (done.plaintext.length === 0) return 0
    printWarning(`plaintext in git itself, so there is no ciphertext to show: ${namePaths(done.plaintext)}`)
    printHint('git add --renormalize .')
    return 1
  } finally {
    space.close()
  }
}

function besides(already: number): string {
  return already === 0 ? '' : `; ${countFiles(already)} ${already === 1 ? 'was' : 'were'} locked before`
}
