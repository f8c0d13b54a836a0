import { keyMark } from '../../age/key-mark.ts'
import { describeMade } from '../../blob/trust/history/describe-made.ts'
import type { Made } from '../../blob/trust/history/who-made.ts'
import { type BytePath, displayPath, displayText } from '../../byte-path.ts'
import type { Change, ReaderChange } from '../../policy/change.ts'
import { shownName } from '../../policy/shown-name.ts'
import type { Paint } from '../print.ts'

// What nobody reads to its end helps nobody; `--json` has all.
const MOST_PATHS = 12
const MOST_CHANGES = 20

/** What is shown, and how. */
export interface Shown {
  readonly made: ReadonlyMap<Change, Made>
  readonly paint: Paint
  /** Whether nothing was accepted before. */
  readonly first: boolean
  /** Whether every change is listed, and not only the first of each kind. */
  readonly full: boolean
}

/** What is to be accepted, for people: who gains what, and everything else that opens up. */
export function describeGains(gains: readonly Change[], shown: Shown): string[] {
  const readers = gains.filter((change) => change.kind === 'reader')
  const others = gains.filter((change) => change.kind !== 'reader')
  // The most dangerous first, so that no number of others hides it.
  const ordered = [...readers.filter(isSwapped), ...readers.filter((change) => !isSwapped(change))]
  return [
    ...(readers.length === 0
      ? []
      : [shown.paint('bold', shown.first ? 'Who can read:' : 'Who could read more:')]),
    ...most(ordered, shown, (change) => ['', ...reader(change, shown), ...made(change, shown)]),
    ...(readers.length === 0 || others.length === 0 ? [] : ['']),
    ...(others.length === 0
      ? []
      : [shown.paint('bold', shown.first ? 'What else is so:' : 'What else would open up:')]),
    ...most(others, shown, (change) => ['', ...describeOther(change), ...made(change, shown)]),
  ]
}

/** What was taken away, which needs no word. Of a name that has another key `describeGains` tells. */
export function describeLosses(
  losses: readonly Change[],
  gains: readonly Change[],
  { paint, full }: Pick<Shown, 'paint' | 'full'>,
): string[] {
  const readers = losses.filter((change) => change.kind === 'reader')
  const told = readers.filter((change) => !gains.some((gain) => takesPlaceOf(gain, change)))
  if (told.length === 0) return []
  return [
    paint('bold', 'Who reads less from now on (nothing to accept; they keep what they had):'),
    ...most(told, { full }, (change) => ['', `  ${nameOf(change)}  ${mark(change.key)}`, ...places(change)]),
  ]
}

function most<Item extends Change>(
  items: readonly Item[],
  { full }: Pick<Shown, 'full'>,
  describe: (item: Item) => string[],
): string[] {
  const lines = (full ? items : items.slice(0, MOST_CHANGES)).flatMap(describe)
  const more = items.length - MOST_CHANGES
  return full || more <= 0
    ? lines
    : [...lines, '', `  … and ${more} more of them (git nixsecret trust --show lists all)`]
}

function isSwapped({ instead }: ReaderChange): boolean {
  return instead.length > 0
}

/** Whether a gain is that of another key under the loser's name, which reads all that was lost. */
function takesPlaceOf(gain: Change, loss: ReaderChange): boolean {
  return (
    gain.kind === 'reader' &&
    gain.instead.includes(loss.key) &&
    loss.paths.every((path) => gain.paths.includes(path)) &&
    loss.patterns.every((pattern) => gain.patterns.includes(pattern))
  )
}

function reader(change: ReaderChange, { paint }: Shown): string[] {
  const name = nameOf(change)
  const key = `${typeOf(change.key)} ${mark(change.key)}`
  if (!isSwapped(change)) return [`  ${paint('bold', name)}  ${key}`, ...places(change)]
  const had = change.instead.map((one) => `${typeOf(one)} ${mark(one)}`).join(', ')
  return [
    `  ${paint('bold', name)}: ${paint('yellow', 'ANOTHER KEY')} under a known name; whoever holds it reads in their place`,
    `    accepted so far: ${had}`,
    `    now:             ${key}`,
    ...places(change),
  ]
}

/** What a change opens up that is none of a reader; escaped. */
export function describeOther(change: Change): string[] {
  switch (change.kind) {
    case 'reader':
      return []
    case 'store':
      return [
        '  plaintext may enter the world-readable Nix store (store = "plaintext") of',
        ...places(change),
      ]
    case 'format':
      return ['  names of keys become readable in git (format = "sops") in', ...places(change)]
    case 'allow':
      return [
        `  check would no longer report ${displayText(change.rule)} at`,
        ...listed(change.patterns.map((one) => displayText(one))),
        `    the reason given: ${displayText(change.reason)}`,
      ]
    case 'host':
      return [
        `  deliver would send to the host ${shownName(change.name)} so:`,
        ...change.fields.map(({ field, from, to }) => {
          const was = from === null ? 'new' : `was ${displayText(from)}`
          return `    ${displayText(field)}: ${displayText(to)} (${was})`
        }),
      ]
    case 'unprotected':
      return unprotected(change)
    case 'moved':
      return moved(change)
  }
}

function moved({ path, from, opens, names, keys }: Extract<Change, { kind: 'moved' }>): string[] {
  const what = from === null ? 'other ciphertext' : `the ciphertext of ${displayPath(from)}`
  const head = `  ${displayPath(path)} now has ${what}`
  if (opens === 'store')
    return [
      head,
      '    its plaintext would enter the world-readable Nix store (store = "plaintext" is accepted there)',
    ]
  if (opens === 'format')
    return [head, '    names of its keys would become readable in git (format = "sops" is accepted there)']
  return [
    head,
    '    who could not read it, and could once it is encrypted again:',
    ...listed(names.map((name, i) => `${displayText(name)}  ${mark(keys[i] ?? '')}`)),
  ]
}

function unprotected({ file, line, gone, paths, opens }: Extract<Change, { kind: 'unprotected' }>): string[] {
  const text = displayText(Buffer.from(line, 'latin1'))
  const what = line === '' ? [] : [`  ${displayPath(file)}: this line is ${gone ? 'gone' : 'new'}: ${text}`]
  const inGit = opens === 'git'
  if (paths.length === 0) {
    const then = inGit
      ? 'may be stored as plaintext'
      : 'would lie open in the work tree, where they stay ciphertext now'
    return [...what, `    files at its paths ${then}`]
  }
  return [
    ...what,
    `${what.length === 0 ? '  ' : '    '}${inGit ? 'no longer encrypted when they change' : 'lie open in the work tree from the next checkout on'}:`,
    ...listed(paths.map(displayPath)),
  ]
}

function places({ paths, patterns }: { paths: readonly BytePath[]; patterns: readonly string[] }): string[] {
  const count = paths.length === 1 ? '1 file' : `${paths.length} files`
  return [
    ...(paths.length === 0 ? [] : [`    ${count}:`, ...listed(paths.map(displayPath))]),
    ...(patterns.length === 0
      ? []
      : ['    files that come later and match:', ...listed(patterns.map((one) => displayText(one)))]),
  ]
}

function listed(items: readonly string[]): string[] {
  const more = items.length - MOST_PATHS
  const shown = items.slice(0, MOST_PATHS).map((item) => `      ${item}`)
  return more > 0 ? [...shown, `      … and ${more} more (--json has all)`] : shown
}

function made(change: Change, shown: Shown): string[] {
  return describeMade(shown.made.get(change)).map((line) => `    ${line}`)
}

function nameOf({ names }: ReaderChange): string {
  return names.length === 0 ? '(no name)' : names.map(shownName).join(', ')
}

function typeOf(key: string): string {
  return /^ssh-\S+(?= )/.exec(key)?.[0] ?? 'age'
}

function mark(key: string): string {
  return displayText(keyMark(key))
}
