import type { Change } from '../../policy/change.ts'
import { shownName } from '../../policy/shown-name.ts'

// Enough for one line.
const MOST_NAMED = 3

/** What is gained, in half a line; escaped. */
export function summarize(gains: readonly Change[]): string {
  const readers = gains.flatMap((change) =>
    change.kind === 'reader' || (change.kind === 'moved' && change.opens === 'readers') ? [change] : [],
  )
  const swapped = namesOf(readers.filter((change) => change.kind === 'reader' && change.instead.length > 0))
  const others = namesOf(readers).filter((name) => !swapped.includes(name))
  // The most dangerous first, so that no number of others hides it.
  const names = [...swapped.map((name) => `${name} (ANOTHER KEY than before)`), ...others]
  const shown = names.slice(0, MOST_NAMED)
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  const opened = gains.length - readers.length
  const parts = [
    ...(names.length === 0 ? [] : [`${shown.join(', ')}${more} can read more`]),
    ...(opened === 0
      ? []
      : [`${opened} other ${opened === 1 ? 'change opens' : 'changes open'} something up`]),
  ]
  return parts.join('; ')
}

function namesOf(changes: readonly Extract<Change, { readonly names: readonly string[] }>[]): string[] {
  const names = changes.flatMap((change) =>
    change.names.length === 0 ? ['a key without name'] : change.names.map(shownName),
  )
  return [...new Set(names)]
}
