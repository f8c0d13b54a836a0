import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { beginsAsAge } from '../age/inspect.ts'
import { type BytePath, pathBytes } from '../byte-path.ts'

/** What lies at a path of the work tree. `other`: a directory, a symlink, or behind a symlink. */
export type WorkFile =
  | { readonly kind: 'absent' | 'other' }
  | { readonly kind: 'empty' | 'plaintext' | 'sealed'; readonly stat: fs.Stats }

const PIECE = 1 << 16

/** Where a path of the repository lies in the file system. */
export function workFilePath(top: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), pathBytes(path)])
}

/** Looks at a file of the work tree; `sealed` means that it begins as an age file. */
export function lookAtWorkFile(top: string, path: BytePath): WorkFile {
  const file = workFilePath(top, path)
  try {
    // As git does: what lies behind a symlink is not part of the work tree.
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      if (!fs.lstatSync(workFilePath(top, path.slice(0, at) as BytePath)).isDirectory())
        return { kind: 'other' }
    }
    const stat = fs.lstatSync(file)
    if (!stat.isFile()) return { kind: 'other' }
    if (stat.size === 0) return { kind: 'empty', stat }
    return { kind: beginsAsAge(readStart(file, 256)) ? 'sealed' : 'plaintext', stat }
  } catch (fault) {
    const code = (fault as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' }
    throw fault
  }
}

function readStart(file: Buffer, length: number): Buffer {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
  try {
    const start = Buffer.alloc(length)
    return start.subarray(0, fs.readSync(fd, start, 0, length, 0))
  } finally {
    fs.closeSync(fd)
  }
}

/** The content of a file piece by piece. */
export function* readPieces(file: Buffer): Generator<Buffer> {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
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

/** Whether a file of the work tree is, byte for byte, the blob that git has. */
export function isBlob(
  top: string,
  path: BytePath,
  size: number,
  oid: string,
  format: 'sha1' | 'sha256',
): boolean {
  const hash = createHash(format).update(`blob ${size}\0`)
  for (const piece of readPieces(workFilePath(top, path))) hash.update(piece)
  return hash.digest('hex') === oid
}
