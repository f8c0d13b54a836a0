import { realpathSync, statSync } from 'node:fs'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { flakeReference } from '../store/flake-reference.ts'
import { guardCache } from '../store/guard-cache.ts'
import { refreshTwin } from '../store/refresh-twin.ts'
import { repositoryFacts } from '../store/repository-facts.ts'
import { openHere } from './here.ts'
import { parseOptions } from './parse-options.ts'
import { print } from './print.ts'
import { refreshNews, warnOfLeaks, warnOfTwin } from './sealed/about-twin.ts'

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
  const facts = repositoryFacts(process.cwd())
  const repo = await openHere()
  const twin = await refreshTwin(repo, refreshNews, facts)
  twin.user.leave()
  warnOfTwin(twin)
  warnOfLeaks(guardCache(twin, process.env))
  const [top, here] = [realpathSync(twin.top), realpathSync(process.cwd())]
  print(flakeReference(twin.place.tree, here === top ? '' : `${here.slice(top.length + 1)}/`))
  return 0
}
