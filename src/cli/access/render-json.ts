import type { AccessMatrix, Place, SecretRow } from '../../secret/access/matrix.ts'
import { jsonPath } from '../secret/json-path.ts'
import type { AccessView } from './view.ts'

/** The matrix for machines; its shape is documented in docs/access.md. */
export function renderAccessJson(view: AccessView): string {
  const { matrix, rows, only, summary } = view
  const names = (list: readonly number[]) => list.map((at) => label(matrix, at))
  return JSON.stringify(
    {
      version: 1,
      at: placeOf(matrix.at),
      since: matrix.since === null ? null : placeOf(matrix.since),
      readers: matrix.readers
        .filter((_, i) => only === null || only.has(i))
        .map(({ label: name, names: all, ...rest }) => ({ name, names: all, ...rest })),
      groups: Object.fromEntries([...matrix.groups].map(([group, members]) => [group, names(members)])),
      secrets: rows.map((row) => secretOf(matrix, row, only)),
      summary: {
        secrets: summary.secrets,
        readers: summary.readers,
        attention: summary.attention,
        former: summary.former,
        ...(matrix.since === null ? {} : { changed: Object.fromEntries(summary.changes) }),
      },
    },
    null,
    2,
  )
}

function secretOf(matrix: AccessMatrix, row: SecretRow, only: ReadonlySet<number> | null) {
  const wanted = (at: number) => only === null || only.has(at)
  const names = (list: readonly number[]) => list.filter(wanted).map((at) => label(matrix, at))
  const as = (kind: SecretRow['cells'][number]) =>
    names(row.cells.flatMap((cell, at) => (cell === kind ? [at] : [])))
  const since =
    matrix.since === null
      ? {}
      : {
          change: row.change,
          from: row.from === null ? null : jsonPath(row.from),
          gained: names(row.gained),
          lost: names(row.lost),
        }
  return {
    path: jsonPath(row.path),
    state: row.state,
    reason: row.reason,
    reads: as('reads'),
    pending: as('pending'),
    unknown: as('unknown'),
    former: as('former'),
    ...since,
  }
}

function label({ readers }: AccessMatrix, at: number): string {
  return readers[at]?.label ?? ''
}

function placeOf(place: Place) {
  if (place.kind === 'index') return { kind: 'index', policy: place.policy }
  return { kind: 'commit', commit: place.commit, rev: place.name }
}
