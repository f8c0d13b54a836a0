import type { Rule } from './rule.ts'

/** An age file of another tool: it does not say whom it is for. */
export const noDigest: Rule = {
  id: 'no-digest',
  judge({ verdict }) {
    if (verdict !== 'no-digest') return null
    const message =
      'this file was encrypted by another tool, so nothing in it tells whether the readers are those of nixsecret.toml'
    return { severity: 'warning', message, remedy: 'rekey' }
  },
}
