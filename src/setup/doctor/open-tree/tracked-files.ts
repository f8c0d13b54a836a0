import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { workFilePath } from '../../../blob/work-file.ts'
import { type BytePath, bytePath } from '../../../byte-path.ts'
import { runGit, splitNul } from '../../../git/run-git.ts'

// Somebody waits for doctor: what is larger, or more, is no configuration that people write.
const MOST_BYTES = 256 << 10
const MOST_FILES = 2000

/** Paths that git tracks, or would, as far as they are to be looked at. */
export async function filesToLookAt(cwd: string, wanted: (path: BytePath) => boolean): Promise<BytePath[]> {
  const listed = await runGit(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd })
  const paths = new Set(splitNul(listed).map(bytePath).filter(wanted))
  // Files of one's own that are as a rule ignored.
  for (const own of ['.envrc', '.vscode/settings.json', '.nvim.lua']) {
    if (wanted(own as BytePath)) paths.add(own as BytePath)
  }
  return [...paths].sort().slice(0, MOST_FILES)
}

/** The text of a regular file of the work tree; null where there is none, or it is large, binary or not to be read. */
export function smallText(top: string, path: BytePath): string | null {
  let fd: number
  try {
    fd = openSync(workFilePath(top, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > MOST_BYTES) return null
    const bytes = Buffer.alloc(stat.size)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
    return text.includes('\0') ? null : text
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}
