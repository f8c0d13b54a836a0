import type { BytePath } from '../../byte-path.ts'
import type { SecretRow } from '../../secret/access/matrix.ts'

/** Secrets of one folder. */
export interface Folder {
  /** With a slash at its end; `''` for the top. */
  readonly path: BytePath
  readonly rows: readonly SecretRow[]
}

/** Secrets by the folder that they are in; folders and secrets in the order of their bytes. */
export function foldersOf(rows: readonly SecretRow[]): Folder[] {
  const folders = new Map<string, SecretRow[]>()
  for (const row of rows) {
    const path = row.path.slice(0, row.path.lastIndexOf('/') + 1)
    const known = folders.get(path)
    if (known === undefined) folders.set(path, [row])
    else known.push(row)
  }
  return [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, list]) => ({ path: path as BytePath, rows: list }))
}
