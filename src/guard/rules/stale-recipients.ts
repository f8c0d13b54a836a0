import { displayText } from '../../byte-path.ts'
import type { Rule } from './rule.ts'

/** A file that is encrypted for others than the policy of the same commit names. */
export const staleRecipients: Rule = {
  id: 'stale-recipients',
  judge({ entry, verdict, readers, strangers }) {
    if (verdict !== 'stale' || readers === null) return null
    // A clean merge of "a reader was added" and "the secret was edited" is stale, and no later rekey mends that commit.
    const severity = entry.tip || entry.origin === 'brought' ? 'error' : 'note'
    const names = readers.names.join(', ')
    const others = strangers.map(displayText).join(', ')
    const besides = others === '' ? '' : `, and for: ${others}`
    const message = `this file is encrypted for other readers than nixsecret.toml names here (${names})${besides}`
    return { severity, message, remedy: 'rekey' }
  },
}
