import * as fs from 'node:fs'
import { type BytePath, pathBytes } from '../byte-path.ts'

/**
 * Takes group and other bits off files in the work tree that hold plaintext now: 0600, or 0700 if executable.
 * Only regular files, never through a symlink. What is gone or not ours is left alone.
 * @param top of the work tree
 */
export function restrictModes(top: string, paths: Iterable<BytePath>): void {
  const prefix = Buffer.from(`${top}/`)
  const fullPath = (path: string) => Buffer.concat([prefix, pathBytes(path as BytePath)])
  const real = new Map<string, boolean>([['', true]])
  // A directory may have become a symlink that leads to somebody else's files.
  const isRealDirectory = (path: string): boolean => {
    let known = real.get(path)
    if (known === undefined) {
      known = isRealDirectory(parentOf(path)) && fs.lstatSync(fullPath(path)).isDirectory()
      real.set(path, known)
    }
    return known
  }
  for (const path of paths) {
    const file = fullPath(path)
    try {
      if (!isRealDirectory(parentOf(path))) continue
      // Without O_NOFOLLOW a symlink could lead to a file outside; O_NONBLOCK keeps a FIFO from blocking.
      const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
      try {
        const stat = fs.fstatSync(fd)
        if (stat.isFile() && (stat.mode & 0o077) !== 0) fs.fchmodSync(fd, stat.mode & 0o700)
      } finally {
        fs.closeSync(fd)
      }
    } catch {}
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
