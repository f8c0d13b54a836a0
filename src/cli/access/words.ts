import { displayPath, displayText } from '../../byte-path.ts'
import type { AccessMatrix, Cell, Place, SecretRow, SecretState } from '../../secret/access/matrix.ts'
import type { AccessView } from './view.ts'

/** What a cell says, in words. */
export const CELL_TEXT: Readonly<Record<Exclude<Cell, 'none'>, string>> = {
  reads: 'reads',
  pending: 'may read, but is not sealed for them yet',
  former: 'is no reader any more, but the blob is still sealed for them',
  unknown: 'may read; the blob does not say',
}

/** What is to be said of a state; null where there is nothing. */
export const STATE_TEXT: Readonly<Record<SecretState, string | null>> = {
  sealed: null,
  stale: 'sealed for others',
  'other-format': 'not in the format that nixsecret.toml says',
  'no-digest': 'made by another tool',
  plaintext: 'PLAINTEXT in git: whoever has the repository reads it',
  empty: 'empty',
  untracked: 'not in git yet',
  damaged: 'damaged in git',
  unmerged: 'in conflict',
  'not-a-file': 'no regular file: git does not encrypt it',
  absent: 'not here (partial clone)',
  'no-reader': 'the policy names no reader',
  unprotected: 'NO LONGER ENCRYPTED: no .gitattributes line protects it',
  gone: null,
}

/** What is worth saying of a secret, besides who reads it. Safe to print. */
export function remarksOf({ state, reason, change, from }: SecretRow): string[] {
  const text = STATE_TEXT[state]
  const why = reason === null ? '' : ` (${displayText(reason)})`
  const since = {
    new: 'new',
    gone: 'gone',
    moved: `moved from ${from === null ? '' : displayPath(from)}`,
    protected: 'encrypted since',
    unprotected: null,
    readers: null,
  }
  const changed = change === null ? null : since[change]
  return [...(changed === null ? [] : [changed]), ...(text === null ? [] : [text + why])]
}

/** Where one looked, in words that fit behind "by". Safe to print. */
export function placeText(place: Place): string {
  if (place.kind === 'commit') return `${displayText(place.name)} (${place.commit.slice(0, 10)})`
  if (place.policy === null) return 'the index; there is no nixsecret.toml'
  return place.policy === 'index' ? 'the index' : `nixsecret.toml of ${of(place.policy)} and the index`
}

function of(policy: 'work tree' | 'HEAD'): string {
  return policy === 'HEAD' ? 'HEAD' : 'the work tree'
}

/** `1 secret`, `2 secrets`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** The name of a reader, with what tells it from others. Safe to print. */
export function readerText({ readers }: AccessMatrix, at: number): string {
  return displayText(readers[at]?.label ?? '')
}

/** What changed since, in one line each. Safe to print. */
export function changeLines({ matrix, summary }: AccessView): string[] {
  if (matrix.since === null) return []
  const words = {
    new: 'new',
    gone: 'gone',
    moved: 'moved',
    protected: 'newly encrypted',
    unprotected: 'NO LONGER ENCRYPTED',
  }
  const changed = Object.entries(words).flatMap(([change, word]) => {
    const number = summary.changes.get(change as keyof typeof words)
    return number === undefined ? [] : [`${number} ${word}`]
  })
  const lines = [
    ...summary.otherKeys.map(({ name }) => `${displayText(name)} is another key than before`),
    ...summary.gained.map(
      ({ reader, secrets }) => `+ ${readerText(matrix, reader)} reads ${count(secrets, 'more secret')}`,
    ),
    ...summary.lost.map(
      ({ reader, secrets }) => `- ${readerText(matrix, reader)} lost ${count(secrets, 'secret')}`,
    ),
  ]
  const first = changed.length > 0 ? `secrets: ${changed.join(', ')}` : null
  if (first === null && lines.length === 0) return ['nothing changed in who reads what']
  return [...(first === null ? [] : [first]), ...lines]
}
