import type { Entry } from '../entry.ts'
import type { Draft } from '../finding.ts'

/** What the rule needs to know of a file that a policy rule with `to` names and no attribute filters. */
export interface Unfiltered {
  readonly entry: Entry
  readonly content: 'public-key' | 'ciphertext' | 'plaintext'
}

/** The policy says who may read it, so it is meant to be a secret; and git encrypts nothing there. */
export const unfilteredPath = {
  id: 'unfiltered-path' as const,
  judge({ entry, content }: Unfiltered): Draft | null {
    if (content === 'public-key') return null
    const now = content === 'ciphertext' ? 'what is added next is stored' : 'it is stored'
    const message = `a rule of nixsecret.toml names readers for this path, but no attribute encrypts it, so ${now} as plaintext`
    return { severity: entry.settled ? 'warning' : 'error', message, remedy: 'filter' }
  },
}
