import { displayPath } from '../../byte-path.ts'
import { displayNix } from '../display-nix.ts'
import type { NixRule } from './rule.ts'

// These take whole trees along as a matter of course, secrets or not; the others name what they want.
const COPIES =
  /^(src|source|interpolation|(builtins\.|lib\.)?(path|filterSource|cleanSource\w*)|lib\.fileset\.\w+)$/

/** A protected file that is read while Nix evaluates: in an open work tree that is its plaintext. */
export const nixEvalRead: NixRule<'eval-read'> = {
  id: 'nix-eval-read',
  of: 'eval-read',
  async judge({ how, target }, around, entry) {
    const read = await around.protectedBelow(entry, target, how)
    // A bare directory is most often the start of other paths; to take it along it has to be named by what copies it.
    if (read === null || (how === 'path' && read.directory !== null)) return null
    const name = displayNix(how)
    const whole = read.directory !== null
    const what = whole
      ? `${name} takes ${displayPath(read.directory)} along, with ${displayPath(read.path)} in it`
      : `${name} reads ${displayPath(read.path)}`
    return {
      severity: whole && COPIES.test(how) ? 'warning' : 'error',
      subject: `${how} ${read.directory ?? read.path}`,
      message: `${what} while Nix evaluates: where the work tree is open, its plaintext goes to the world-readable store`,
      remedy: 'read-later',
      from: read.path,
    }
  },
}
