import type { Rule } from './rule.ts'

/** git filters nothing of a submodule: its files live in another repository, which has attributes of its own. */
export const submodule: Rule = {
  id: 'submodule',
  judge({ entry, protectedBy }) {
    if (entry.mode !== '160000' || protectedBy === 'tip') return null
    const message = 'a submodule at a protected path: what is in it is not encrypted by this repository'
    return { severity: 'error', message, remedy: 'untrack' }
  },
}
