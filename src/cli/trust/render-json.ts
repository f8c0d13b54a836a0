import { keyMark } from '../../age/key-mark.ts'
import type { Made } from '../../blob/trust/history/who-made.ts'
import { type BytePath, displayText } from '../../byte-path.ts'
import type { Change } from '../../policy/change.ts'
import type { Review } from '../../trust/review.ts'
import { jsonPath } from '../secret/json-path.ts'

/** What docs/trust.md describes; each gain with the commits that made it. */
export function renderJson({ first, problem, gains, losses, made }: Review, accepted: boolean): string {
  return JSON.stringify(
    {
      version: 1,
      accepted,
      first,
      problem,
      gains: gains.map((change) => ({ ...plain(change), made: origin(made.get(change)) })),
      losses: losses.map(plain),
    },
    null,
    2,
  )
}

function plain(change: Change): Record<string, unknown> {
  switch (change.kind) {
    case 'reader':
      return { ...change, fingerprint: keyMark(change.key), paths: paths(change.paths) }
    case 'store':
    case 'format':
      return { ...change, paths: paths(change.paths) }
    case 'unprotected':
      return {
        ...change,
        file: jsonPath(change.file),
        line: displayText(Buffer.from(change.line, 'latin1')),
        paths: paths(change.paths),
      }
    case 'moved':
      return {
        ...change,
        path: jsonPath(change.path),
        from: change.from === null ? null : jsonPath(change.from),
        fingerprints: change.keys.map(keyMark),
      }
    default:
      return { ...change }
  }
}

function paths(list: readonly BytePath[]): string[] {
  return list.map(jsonPath)
}

function origin(made: Made | undefined) {
  const { commits = [], more = 0, uncommitted = false, cut = false } = made ?? {}
  return {
    uncommitted,
    more,
    cut,
    commits: commits.map(({ oid, author, email, time, subject, signature }) => {
      return { commit: oid, author, email, time, subject, signature }
    }),
  }
}
