import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { beginsAsAge } from '../age/inspect.ts'
import { type BytePath, pathBytes } from '../byte-path.ts'

/** Bytes that are enough to see whether a file begins as an age file. */
const HEAD_SIZE = 64
/** Bytes read at a time. */
const CHUNK_SIZE = 1 << 18

/** Where a path of the repository is in the file system; bytes, since it need not be UTF-8. */
export function workFile(workTree: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${workTree}/`), pathBytes(path)])
}

/** Whether there is a regular file, reached through no symlink of its own. */
export function isWorkFile(workTree: string, path: BytePath): boolean {
  try {
    return lstatSync(workFile(workTree, path)).isFile()
  } catch {
    return false
  }
}

/** Whether a file in the work tree begins as an age file; false where there is none. */
export function looksSealed(workTree: string, path: BytePath): boolean {
  const head = readWorkFile(workTree, path, (fd) => {
    const bytes = Buffer.alloc(HEAD_SIZE)
    return bytes.subarray(0, readSync(fd, bytes))
  })
  return head !== null && beginsAsAge(head)
}

/** The object id that git would give the bytes of a file as they are, unfiltered; null where there is none. */
export function workFileId(workTree: string, path: BytePath, format: 'sha1' | 'sha256'): string | null {
  return readWorkFile(workTree, path, (fd) => {
    const hash = createHash(format).update(`blob ${fstatSync(fd).size}\0`)
    const chunk = Buffer.alloc(CHUNK_SIZE)
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, length))
    }
    return hash.digest('hex')
  })
}

/** Bytes of a file in the work tree; null where there is no regular file. */
export function workFileSize(workTree: string, path: BytePath): number | null {
  return readWorkFile(workTree, path, (fd) => fstatSync(fd).size)
}

/** The bytes of a file in the work tree; null where there is no regular file. */
export function workFileBytes(workTree: string, path: BytePath): Buffer | null {
  return readWorkFile(workTree, path, (fd) => {
    const bytes = Buffer.alloc(fstatSync(fd).size)
    let filled = 0
    for (let length = -1; length !== 0 && filled < bytes.length; filled += length) {
      length = readSync(fd, bytes, filled, bytes.length - filled, null)
    }
    return bytes.subarray(0, filled)
  })
}

function readWorkFile<T>(workTree: string, path: BytePath, read: (fd: number) => T): T | null {
  let fd: number
  try {
    // A symlink at a protected path is a finding, and a FIFO would block.
    fd = openSync(workFile(workTree, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    return fstatSync(fd).isFile() ? read(fd) : null
  } finally {
    closeSync(fd)
  }
}
