import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { beginsAsAge } from '../age/inspect.ts'
import { type BytePath, pathBytes } from '../byte-path.ts'
import { inspectFile } from './inspect-file.ts'
import { MAX_SOPS_SIZE } from './may-be-sops.ts'

/**
 * What lies at a path of the work tree. `other`: a directory, a symlink, or behind a symlink; `sealed`: a file that
 * begins as an age file, or a SOPS document; `unreadable`: one that this user may not read.
 */
export type WorkFile =
  | { readonly kind: 'absent' | 'other' }
  | { readonly kind: 'empty' | 'plaintext' | 'sealed' | 'unreadable'; readonly stat: fs.Stats }

/** Bytes that are enough to see whether a file begins as an age file, and that hold most secrets whole. */
const HEAD_SIZE = 4096
/** Bytes read at a time. */
const PIECE = 1 << 16
// A FIFO put there meanwhile would block.
const READ_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK

/** Where a path of the repository lies in the file system; bytes, since it need not be UTF-8. */
export function workFilePath(top: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), pathBytes(path)])
}

/** Looks at a file of the work tree. */
export function lookAtWorkFile(top: string, path: BytePath): WorkFile {
  const file = workFilePath(top, path)
  let stat: fs.Stats | undefined
  try {
    // As git does: what lies behind a symlink is not part of the work tree.
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      if (!fs.lstatSync(workFilePath(top, path.slice(0, at) as BytePath)).isDirectory())
        return { kind: 'other' }
    }
    stat = fs.lstatSync(file)
    if (!stat.isFile()) return { kind: 'other' }
    if (stat.size === 0) return { kind: 'empty', stat }
    return { kind: isCiphertext(path, file, stat.size) ? 'sealed' : 'plaintext', stat }
  } catch (fault) {
    const code = (fault as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' }
    if ((code === 'EACCES' || code === 'EPERM') && stat !== undefined) return { kind: 'unreadable', stat }
    throw fault
  }
}

/** Whether there is a regular file, reached through no symlink. */
export function isWorkFile(top: string, path: BytePath): boolean {
  return 'stat' in lookAtWorkFile(top, path)
}

/** Whether a file of the work tree is ciphertext, or begins as such; false where there is none. */
export function looksSealed(top: string, path: BytePath): boolean {
  return lookAtWorkFile(top, path).kind === 'sealed'
}

/**
 * Tells one state of a file from another without reading it. Unlike size and times as git looks at them, nobody can
 * set the change time that is part of it.
 */
export function stampOf(top: string, path: BytePath): string {
  const stat = fs.lstatSync(workFilePath(top, path), { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : [stat.ino, stat.mode, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ')
}

function isCiphertext(path: BytePath, file: Buffer, size: number): boolean {
  const start = readStart(file)
  if (beginsAsAge(start) || size > MAX_SOPS_SIZE) return beginsAsAge(start)
  const whole = size <= start.length ? start : Buffer.concat([...readPieces(file)])
  return inspectFile(path, whole, whole.length).kind === 'sops'
}

function readStart(file: Buffer): Buffer {
  const fd = fs.openSync(file, READ_FLAGS)
  try {
    const start = Buffer.alloc(HEAD_SIZE)
    return start.subarray(0, fs.readSync(fd, start, 0, HEAD_SIZE, 0))
  } finally {
    fs.closeSync(fd)
  }
}

/** The content of a file piece by piece. */
export function* readPieces(file: Buffer): Generator<Buffer> {
  const fd = fs.openSync(file, READ_FLAGS)
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE)
      const read = fs.readSync(fd, piece, 0, PIECE, null)
      if (read === 0) return
      yield piece.subarray(0, read)
    }
  } finally {
    fs.closeSync(fd)
  }
}

/** All bytes of a file of the work tree; null where there is no regular file that this user may read. */
export function workFileBytes(top: string, path: BytePath): Buffer | null {
  return isReadable(lookAtWorkFile(top, path))
    ? Buffer.concat([...readPieces(workFilePath(top, path))])
    : null
}

/** The object id that git would give the bytes of a file as they are, unfiltered; null where there is none. */
export function workFileId(top: string, path: BytePath, format: 'sha1' | 'sha256'): string | null {
  const file = lookAtWorkFile(top, path)
  if (!isReadable(file)) return null
  const hash = createHash(format).update(`blob ${file.stat.size}\0`)
  for (const piece of readPieces(workFilePath(top, path))) hash.update(piece)
  return hash.digest('hex')
}

function isReadable(file: WorkFile): file is WorkFile & { stat: fs.Stats } {
  return 'stat' in file && file.kind !== 'unreadable'
}
