import { relative } from 'node:path/posix'
import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import type { Workspace } from './workspace.ts'

/** A path as a word of a command to paste: from where the user is, quoted for a shell. */
export function pastePath(space: Pick<Workspace, 'prefix'>, path: BytePath): string {
  const from = relative(`/${space.prefix}`, `/${path}`) as BytePath
  // What needs escapes to be shown can't be pasted; then it is at least recognised, and runs nothing: `$(…)` would in the
  // double quotes.
  return shellWord(displayPath(from))
}

/** Some of many paths for a sentence, each escaped. */
export function namePaths(paths: readonly BytePath[], most = 10): string {
  const shown = paths.slice(0, most).map(displayPath)
  return paths.length > most ? `${shown.join(', ')} and ${paths.length - most} more` : shown.join(', ')
}
