import { openRepository } from '../git/repository.ts'
import { SERVER_HOOK } from '../setup/hook-text.ts'
import { uninstallGlobal } from '../setup/init-global.ts'
import { openFiles, type UninstallReport, uninstallRepository } from '../setup/uninstall-repository.ts'
import { openHere } from './here.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'

export const help = `usage: git nixsecret uninstall [--global]

Takes out of this repository's configuration and hooks what init put in, and nothing else; hooks that were there
before are back. nixsecret.toml, .gitattributes and your files stay as they are. From then on git would store
protected files as they lie there, so "git nixsecret lock" first if they are not to stay open. In a repository that is
pushed to: takes out the hook of "init --server".

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
  const here = await openRepository()
  const repo = here.workTree === null ? here : await openHere(here)
  const open = repo.workTree === null ? [] : await openFiles(repo)
  const report = await uninstallRepository(repo)
  if (report.config.length + report.hooks.length + report.hooksLeft.length === 0) {
    print('nothing was set up here')
    return 0
  }
  printReport(report)
  if (report.config.length === 0) return 0
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

function printReport({ config, configLeft, hooks, hooksLeft }: UninstallReport): void {
  const parts = [
    ...(config.length > 0 ? ['drivers'] : []),
    ...(hooks.length > 0 ? [`hooks ${hooks.join(', ')}`] : []),
  ]
  if (parts.length > 0) print(`taken out: ${parts.join(', ')}`)
  for (const key of configLeft) printWarning(`${key} was changed since init, and was left alone`)
  for (const name of hooksLeft) {
    printWarning(
      `the hook ${name} is not ours any more and was left; the earlier one is ${name}.before-nixsecret`,
    )
  }
  if (hooks.includes(SERVER_HOOK)) printWarning('from now on pushes to this repository are not checked here')
}
