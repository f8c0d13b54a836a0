import { uninstallGlobal } from '../setup/init-global.ts'
import { openFiles, uninstallRepository } from '../setup/uninstall-repository.ts'
import { openHere } from './here.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'

export const help = `usage: git nixsecret uninstall [--global]

Takes out of this repository's configuration and hooks what init put in, and nothing else; hooks that were there
before are back. nixsecret.toml, .gitattributes and your files stay as they are. From then on git would store
protected files as they lie there, so "git nixsecret lock" first if they are not to stay open.

  --global   take the drivers out of your global git configuration instead
`

/** Runs `uninstall`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('uninstall', args, { global: { type: 'boolean' } })
  refuseOperands('uninstall', positionals)
  if (values.global) {
    const removed = await uninstallGlobal(process.cwd())
    print(
      removed.length === 0
        ? 'nothing was set up globally'
        : 'the drivers are out of your global configuration',
    )
    return 0
  }
  const repo = await openHere()
  const open = await openFiles(repo)
  const report = await uninstallRepository(repo)
  if (report.config.length + report.hooks.length === 0) {
    print('nothing was set up here')
    return 0
  }
  print(`taken out: drivers${report.hooks.length > 0 ? `, hooks ${report.hooks.join(', ')}` : ''}`)
  for (const key of report.configLeft) printWarning(`${key} was changed since init, and was left alone`)
  for (const name of report.hooksLeft) {
    printWarning(
      `the hook ${name} is not ours any more and was left; the earlier one is ${name}.before-nixsecret`,
    )
  }
  printWarning(
    'from now on "git add" stores the files that .gitattributes protects as they are, in plaintext',
  )
  if (open.length > 0) {
    printNote(
      `${open.length === 1 ? '1 file lies' : `${open.length} files lie`} open in the work tree; to leave ciphertext instead:`,
    )
    printHint('git nixsecret init      # and then: git nixsecret lock && git nixsecret uninstall')
  }
  return 0
}
