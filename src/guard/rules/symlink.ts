import type { Rule } from './rule.ts'

/** git filters no symlink: where it leads stands in git as plaintext, and what it leads to is not protected. */
export const symlink: Rule = {
  id: 'symlink',
  judge({ entry, protectedBy }) {
    if (entry.mode !== '120000' || protectedBy === 'tip') return null
    const message =
      'a symlink at a protected path: git never encrypts symlinks, so where it leads is plaintext in git'
    return { severity: 'error', message, remedy: 'untrack' }
  },
}
