import { statSync } from 'node:fs'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { flakeReference } from '../store/flake-reference.ts'
import { guardCache } from '../store/guard-cache.ts'
import { parseOptions } from './parse-options.ts'
import { print } from './print.ts'
import { warnOfLeaks, warnOfTwin } from './sealed/about-twin.ts'
import { openTwin, prefixBelow } from './sealed/open-twin.ts'

export const help = `usage: git nixsecret flake-ref [DIR]

Prints a flake reference to a twin of DIR (default: this directory) in which secrets are ciphertext. The twin is made
what the work tree is now, and verified; it changes with the next "flake-ref" or "sealed".

  nix build "$(git nixsecret flake-ref)#x"

"git nixsecret sealed" also keeps Nix's evaluation cache out, brings flake.lock back, and keeps the twin as it is while
the command runs. Prefer it.
`

/** Runs `flake-ref`. */
export async function run(args: string[]): Promise<number> {
  const { positionals } = parseOptions('flake-ref', args, {})
  if (positionals.length > 1) {
    throw new NixsecretError('usage', 'flake-ref takes one directory', {
      hints: ['git-nixsecret flake-ref --help'],
    })
  }
  const [dir = '.'] = positionals
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new NixsecretError('missing', `${displayText(dir)} is no directory`)
  process.chdir(dir)
  const { held, owner } = await openTwin()
  held.leave()
  warnOfTwin(held.twin)
  warnOfLeaks(await guardCache(held.twin, process.env, owner === null))
  print(flakeReference(held.twin.place.tree, prefixBelow(held.twin.top)))
  return 0
}
