import type { BytePath } from '../../byte-path.ts'
import type { SecretRow } from '../../secret/access/matrix.ts'

/** A row of what is printed: one secret, or a folder whose secrets all stand the same. */
export interface ShownRow {
  /** Of a folder with a slash at its end. */
  readonly path: BytePath
  /** How many secrets: 1 unless it is a folder. */
  readonly secrets: number
  /** One of them. */
  readonly row: SecretRow
}

/** Folders of which every secret below has the same readers, the same state and the same changes become one row each. */
export function foldRows(rows: readonly SecretRow[]): ShownRow[] {
  const keys = rows.map(({ state, reason, cells, change, from, gained, lost }) =>
    // What moved came from somewhere of its own.
    from !== null ? null : [state, reason, cells.join(), change, gained.join(), lost.join()].join('\n'),
  )
  return foldRange(rows, keys, 0, rows.length, '')
}

/** Rows are sorted by bytes, so what is in one folder stands together. */
function foldRange(
  rows: readonly SecretRow[],
  keys: readonly (string | null)[],
  start: number,
  end: number,
  folder: string,
): ShownRow[] {
  const shown: ShownRow[] = []
  for (let at = start; at < end; ) {
    const row = rows[at] as SecretRow
    const slash = row.path.indexOf('/', folder.length)
    if (slash === -1) {
      shown.push({ path: row.path, secrets: 1, row })
      at++
      continue
    }
    const below = row.path.slice(0, slash + 1)
    let last = at
    while (last < end && rows[last]?.path.startsWith(below)) last++
    const key = keys[at]
    const same = last - at > 1 && key !== null && keys.slice(at, last).every((other) => other === key)
    if (same) shown.push({ path: below as BytePath, secrets: last - at, row })
    else shown.push(...foldRange(rows, keys, at, last, below))
    at = last
  }
  return shown
}
