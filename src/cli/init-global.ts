import { NixsecretError } from '../errors.ts'
import { initGlobal } from '../setup/init-global.ts'
import { print, printHint, printNote } from './print.ts'

/**
 * Runs `init --global`.
 * @param given names of all options that were given
 * @returns the exit code
 */
export async function runGlobal(given: readonly string[]): Promise<number> {
  const other = given.find((option) => option !== 'global' && option !== 'no-hooks')
  if (other !== undefined) {
    throw new NixsecretError('usage', `--${other} is for one repository and does not go with --global`)
  }
  const set = await initGlobal(process.cwd())
  print(
    set.length === 0 ? 'everything was set up already' : 'the drivers are in your global git configuration',
  )
  printNote(
    'this installs no hooks: nothing stops plaintext from being pushed until this is run in a repository',
  )
  printHint('git nixsecret init')
  return 0
}
