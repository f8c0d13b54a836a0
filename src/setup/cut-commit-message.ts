import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { gitPath } from '../git/git-path.ts'

// What `git commit -v` puts above the diff, behind whatever core.commentChar says ("auto": git picks one).
// See https://git-scm.com/docs/git-commit#Documentation/git-commit.txt---verbose
const SCISSORS = /^[^\s]{1,16} -{24} >8 -{24}\r?\n/m

/** Bytes; a commit message with a diff of more is not looked through. */
const LARGEST = 64 << 20

/**
 * Cuts the diff off the commit message that git keeps in `COMMIT_EDITMSG`: with `git commit -v` it is plaintext.
 * @returns whether there was one
 */
export async function cutCommitMessage(cwd: string): Promise<boolean> {
  const cut = await withMessage(cwd, constants.O_RDWR, (fd, text) => {
    const found = SCISSORS.exec(text)
    if (found !== null) ftruncateSync(fd, found.index)
    return found !== null
  })
  return cut ?? false
}

/** What stands below the scissors in `COMMIT_EDITMSG`, one character a byte; null where there are none. */
export function diffInCommitMessage(cwd: string): Promise<string | null> {
  return withMessage(cwd, constants.O_RDONLY, (_, text) => {
    const found = SCISSORS.exec(text)
    return found === null ? null : text.slice(found.index + found[0].length)
  })
}

/** @returns null where there is no message */
async function withMessage<T>(
  cwd: string,
  flags: number,
  use: (fd: number, text: string) => T,
): Promise<T | null> {
  let fd: number
  try {
    fd = openSync(await gitPath('COMMIT_EDITMSG', cwd), flags | constants.O_NOFOLLOW)
  } catch {
    return null
  }
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, LARGEST))
    return use(fd, bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString('latin1'))
  } finally {
    closeSync(fd)
  }
}
