import type { Rule } from './rule.ts'

/** Ciphertext, but an age file where the policy of the same commit wants a SOPS document, or the reverse. */
export const otherFormat: Rule = {
  id: 'other-format',
  judge({ entry, shape, verdict }) {
    if (verdict !== 'other-format') return null
    const severity = entry.tip || entry.origin === 'brought' ? 'error' : 'note'
    const message =
      shape?.kind === 'sops'
        ? 'this file is a SOPS document, and nixsecret.toml does not say format = "sops" for it here'
        : 'this file is an age file, and nixsecret.toml says format = "sops" for it here; a merge leaves one that was not settled'
    return { severity, message, remedy: 'rekey' }
  },
}
