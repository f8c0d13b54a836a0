import { displayNix } from '../display-nix.ts'
import type { NixRule } from './rule.ts'

/** A secret written into a Nix file. */
export const nixInlineSecret: NixRule<'inline-secret'> = {
  id: 'nix-inline-secret',
  of: 'inline-secret',
  judge({ option, hash }) {
    const name = displayNix(option)
    const message = hash
      ? `${name} holds a hash of a password: it goes to the world-readable Nix store, where anybody can guess at it`
      : `${name} holds a secret as text: it is plaintext in git, and goes to the world-readable Nix store`
    return { severity: hash ? 'warning' : 'error', subject: option, message, remedy: 'take-out' }
  },
}
