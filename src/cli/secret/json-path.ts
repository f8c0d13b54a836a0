import { type BytePath, displayPath, pathBytes } from '../../byte-path.ts'

/** A path for JSON: as it is; one that is no UTF-8 in double quotes with octal escapes, as `check --json` has it. */
export function jsonPath(path: BytePath): string {
  const bytes = pathBytes(path)
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : displayPath(path)
}

/** Lists of paths as a JSON object. */
export function jsonLists(lists: Readonly<Record<string, readonly BytePath[]>>): string {
  const entries = Object.entries(lists).map(([name, paths]) => [name, paths.map(jsonPath)])
  return JSON.stringify(Object.fromEntries(entries), null, 2)
}
