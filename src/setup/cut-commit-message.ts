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
  let fd: number
  try {
    fd = openSync(await gitPath('COMMIT_EDITMSG', cwd), constants.O_RDWR | constants.O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, LARGEST))
    const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString('latin1')
    const found = SCISSORS.exec(text)
    if (found === null) return false
    ftruncateSync(fd, found.index)
    return true
  } finally {
    closeSync(fd)
  }
}
