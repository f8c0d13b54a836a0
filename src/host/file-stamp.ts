import { statSync } from 'node:fs'

/**
 * Tells one state of a file from another without reading it; nobody can set the change time that is part of it.
 * @returns `''` where there is none
 */
export function fileStamp(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ')
}
