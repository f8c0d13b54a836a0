import type { Change } from '../../policy/change.ts'

/** All that is to be accepted, counted in one line, so that nobody agrees to what a long list hides. */
export function totalOfChanges(gains: readonly Change[], first: boolean): string {
  const readers = gains.filter((change) => change.kind === 'reader')
  const others = gains.length - readers.length
  const swapped = readers.filter(({ instead }) => instead.length > 0).length
  const paths = new Set(readers.flatMap((change) => change.paths)).size
  const later = readers.some(({ patterns }) => patterns.length > 0)
  const what = [
    ...(paths > 0 || !later ? [counted(paths, first ? 'file' : 'more file')] : []),
    ...(later ? ['files that come later'] : []),
  ].join(', and ')
  return [
    ...(readers.length === 0
      ? []
      : [`${counted(readers.length, 'key')} ${first ? 'can' : 'could'} read ${what}`]),
    ...(swapped === 0
      ? []
      : [`${swapped} of them ${swapped === 1 ? 'is' : 'are'} ANOTHER KEY under a known name`]),
    ...(others === 0 ? [] : [`${counted(others, 'other change')} would open something up`]),
  ].join('; ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
