import { displayNix } from '../display-nix.ts'
import type { NixRule } from './rule.ts'

/** A secret that a command or a variable brings in while Nix evaluates. */
export const nixEvalCommand: NixRule<'eval-command'> = {
  id: 'nix-eval-command',
  of: 'eval-command',
  judge({ how }) {
    const name = displayNix(how)
    const message = `${name} brings a secret in while Nix evaluates: as part of a value it goes to the world-readable store`
    return { severity: 'error', subject: how, message, remedy: 'read-later' }
  },
}
