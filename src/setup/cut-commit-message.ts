import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

// What `git commit -v` puts above the diff, behind whatever core.commentChar says ("auto": git picks one).
// See https://git-scm.com/docs/git-commit#Documentation/git-commit.txt---verbose
const SCISSORS = /^[^\s]{1,16} -{24} >8 -{24}\r?\n/m

/** Bytes; a commit message with a diff of more is not looked through. */
const LARGEST = 64 << 20

/**
 * Cuts the diff off the commit message that git keeps in `COMMIT_EDITMSG`: with `git commit -v` it is plaintext.
 * @param file where git keeps it
 * @returns whether there was one
 */
export function cutCommitMessage(file: string): boolean {
  const cut = withMessage(file, constants.O_RDWR, (fd, text) => {
    const found = SCISSORS.exec(text)
    if (found !== null) ftruncateSync(fd, found.index)
    return found !== null
  })
  return cut ?? false
}

/** What stands below the scissors in `COMMIT_EDITMSG`, one character a byte; null where there are none. */
export function diffInCommitMessage(file: string): string | null {
  return withMessage(file, constants.O_RDONLY, (_, text) => {
    const found = SCISSORS.exec(text)
    return found === null ? null : text.slice(found.index + found[0].length)
  })
}

/** @returns null where there is no message */
function withMessage<T>(file: string, flags: number, use: (fd: number, text: string) => T): T | null {
  let fd: number
  try {
    fd = openSync(file, flags | constants.O_NOFOLLOW)
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
