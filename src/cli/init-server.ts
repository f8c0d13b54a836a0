import { shellWord } from '../age/shell-word.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { openRepository } from '../git/repository.ts'
import { lineToAdd, SERVER_HOOK } from '../setup/hook-text.ts'
import { initServer } from '../setup/init-server.ts'
import { paintFor, print, printHint, printNote, printWarning } from './print.ts'

/**
 * Runs `init --server`.
 * @param given names of all options that were given
 * @returns the exit code
 */
export async function runServer(given: readonly string[]): Promise<number> {
  const other = given.find((option) => option !== 'server')
  if (other !== undefined) {
    throw new NixsecretError('usage', `--${other} is for those who push, and does not go with --server`, {
      hints: ['git nixsecret init --server'],
    })
  }
  const { place, written, kept } = await initServer(await openRepository())
  if (place.method === 'by hand' && !place.reached) {
    const why = place.file.endsWith(`${SERVER_HOOK}.d/nixsecret`)
      ? 'another program writes the hooks of this repository'
      : `core.hooksPath leads to ${displayText(place.dir)}, which is not ours to write`
    printWarning(`${why}: pushes are not checked until this is done`)
    for (const step of byHand(place.file)) printHint(step)
    return 0
  }
  if (!written) {
    print('everything was set up already; nothing changed')
    return 0
  }
  print(`${paintFor(process.stdout)('bold', 'hooks'.padEnd(16))} ${SERVER_HOOK}`)
  if (kept) print(`${''.padEnd(16)} yours still runs first: ${SERVER_HOOK}`)
  printNote('every push to this repository is judged from now on; what it has already, this tells:')
  printHint('git-nixsecret check --all')
  return 0
}

/** A file of its own where a directory of hooks is run; else a line of a hook. */
function byHand(file: string): string[] {
  const shown = shellWord(displayText(file))
  if (!file.endsWith('.d/nixsecret')) return [`${lineToAdd(SERVER_HOOK)}    # into ${displayText(file)}`]
  const script = `'#!/bin/sh' 'exec git-nixsecret hook ${SERVER_HOOK}'`
  return [`printf '%s\\n' ${script} >${shown} && chmod 755 ${shown}`]
}
