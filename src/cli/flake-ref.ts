import { statSync } from 'node:fs'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { writeAll } from '../filter/write-all.ts'
import { flakeReference } from '../store/flake-reference.ts'
import { guardCache } from '../store/guard-cache.ts'
import { parseOptions } from './parse-options.ts'
import { print } from './print.ts'
import { warnOfLeaks, warnOfTwin } from './sealed/about-twin.ts'
import { openTwin, prefixBelow } from './sealed/open-twin.ts'

/**
 * Printed where there is no twin. Nix takes an empty reference, of a command substitution that failed, for the directory
 * that it is in (measured with 2.34), and copies the plaintext there. This is a path that no one can make.
 */
const NOWHERE = '/dev/null/git-nixsecret-flake-ref-failed'

export const help = `usage: git nixsecret flake-ref [DIR]

Prints a flake reference to a twin of DIR (default: this directory) in which secrets are ciphertext. The twin is made
what the work tree is now, and verified; it changes with the next "flake-ref" or "sealed".

  ref=$(git nixsecret flake-ref) && nix build "$ref#x"

Not nix build "$(git nixsecret flake-ref)#x": a shell runs that even if there is no twin, and Nix takes an empty
reference for the open work tree. Whatever fails, ${NOWHERE} is printed, which
no Nix takes; but nothing can be printed where git-nixsecret is not installed, or is killed.

"git nixsecret sealed" also keeps Nix's evaluation cache out, brings flake.lock back, and keeps the twin as it is while
the command runs. Prefer it.
`

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Runs `flake-ref`. */
export async function run(args: string[]): Promise<number> {
  const answered = answerAnyway()
  const reference = await find(args)
  answered()
  print(reference)
  return 0
}

/**
 * Sees to it that there is an answer on stdout, {@link NOWHERE}, however this process ends, unless it is killed outright.
 * @returns to be called when there is a better one
 */
function answerAnyway(): () => void {
  const answer = () => {
    try {
      writeAll(1, Buffer.from(`${NOWHERE}\n`))
    } catch {}
  }
  process.once('exit', answer)
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      answer()
      process.kill(process.pid, signal)
    }
    process.once(signal, handler)
    return { signal, handler }
  })
  return () => {
    process.removeListener('exit', answer)
    for (const { signal, handler } of handlers) process.removeListener(signal, handler)
  }
}

async function find(args: string[]): Promise<string> {
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
  return flakeReference(held.twin.place.tree, prefixBelow(held.twin))
}
