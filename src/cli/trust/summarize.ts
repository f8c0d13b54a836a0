import { displayText } from '../../byte-path.ts'
import type { Change } from '../../policy/change.ts'

// Enough for one line.
const MOST_NAMED = 3

/** What is gained, in half a line; escaped. */
export function summarize(gains: readonly Change[]): string {
  const readers = gains.filter((change) => change.kind === 'reader' || change.kind === 'moved')
  const names = [
    ...new Set(
      readers.flatMap((change) => {
        if (change.names.length === 0) return ['a key without name']
        const swapped = change.kind === 'reader' && change.instead.length > 0
        return change.names.map(
          (name) => `${displayText(name)}${swapped ? ' (ANOTHER KEY than before)' : ''}`,
        )
      }),
    ),
  ]
  const shown = names.slice(0, MOST_NAMED)
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  const others = gains.length - readers.length
  const parts = [
    ...(names.length === 0 ? [] : [`${shown.join(', ')}${more} can read more`]),
    ...(others === 0
      ? []
      : [`${others} other ${others === 1 ? 'change opens' : 'changes open'} something up`]),
  ]
  return parts.join('; ')
}
