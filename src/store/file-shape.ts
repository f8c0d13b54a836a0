import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { isArmored, MAX_ARMORED_SIZE } from '../age/armor.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { type FileShape, inspectFile } from '../blob/inspect-file.ts'
import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'

/** Bytes that hold the header of most blobs. */
const HEAD_SIZE = 8192
/** Bytes that hold any header; of armor, the whole is needed. */
const LONG_HEAD_SIZE = 4 << 20

/** What a protected file is, by its bytes; `absent` where there is none, and `other` where it is no regular file. */
export type ShapeOfFile = FileShape['kind'] | 'absent' | 'other'

/** Looks at the bytes of a file below a directory. A symlink is not followed. */
export function shapeOfFile(top: string, path: BytePath): ShapeOfFile {
  let fd: number
  try {
    fd = openSync(workFilePath(top, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent'
    if (code === 'ELOOP' || code === 'ENXIO') return 'other'
    throw error
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return 'other'
    const head = readStart(fd, Math.min(stat.size, HEAD_SIZE))
    const { kind } = inspectFile(path, head, stat.size)
    if (stat.size <= HEAD_SIZE) return kind
    if (kind === 'plaintext' && stat.size <= MAX_SOPS_SIZE)
      return inspectFile(path, readStart(fd, stat.size), stat.size).kind
    if (kind !== 'broken' || !beginsAsAge(head)) return kind
    const enough = isArmored(head) ? MAX_ARMORED_SIZE : LONG_HEAD_SIZE
    return inspectFile(path, readStart(fd, Math.min(stat.size, enough)), stat.size).kind
  } finally {
    closeSync(fd)
  }
}

function readStart(fd: number, size: number): Buffer {
  const start = Buffer.alloc(size)
  let have = 0
  while (have < size) {
    const read = readSync(fd, start, have, size - have, have)
    if (read === 0) break
    have += read
  }
  return start.subarray(0, have)
}

/** Whether there is no plaintext in it: it is ciphertext, or empty, or not there. */
export function holdsNoPlaintext(shape: ShapeOfFile): boolean {
  return shape === 'age' || shape === 'sops' || shape === 'empty' || shape === 'absent'
}
