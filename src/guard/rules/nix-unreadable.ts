import type { NixRule } from './rule.ts'

/** A Nix file that nobody can look through, so that it must not count as looked at. */
export const nixUnreadable: NixRule<'unreadable'> = {
  id: 'nix-unreadable',
  of: 'unreadable',
  judge({ reason }) {
    const message = `this Nix file was not looked at to its end (${reason}), so nothing says that it holds no secret`
    return { severity: 'warning', subject: 'unreadable', message, remedy: 'split' }
  },
}
