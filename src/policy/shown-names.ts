import { shownName } from './shown-name.ts'

/** Names of the policy for people, in one line: the first of them, and how many more there are. */
export function shownNames(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).map(shownName).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}
