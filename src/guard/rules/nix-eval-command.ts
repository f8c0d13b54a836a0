import { displayPath } from '../../byte-path.ts'
import { displayNix } from '../display-nix.ts'
import type { NixRule } from './rule.ts'

/** A secret that a command or a variable brings in while Nix evaluates, unless the policy lets it into the store. */
export const nixEvalCommand: NixRule<'eval-command'> = {
  id: 'nix-eval-command',
  of: 'eval-command',
  async judge({ how, shows }, around, entry) {
    const shown = shows === null ? null : await around.secretShown(entry, shows)
    if (shown?.allowed) return null
    const name = displayNix(how)
    const what = shown === null ? 'a secret' : displayPath(shown.path)
    const message = `${name} brings ${what} in while Nix evaluates: as part of a value it goes to the world-readable store`
    const draft = { severity: 'error', subject: how, message, remedy: 'read-later' } as const
    return shown === null ? draft : { ...draft, from: shown.path }
  },
}
