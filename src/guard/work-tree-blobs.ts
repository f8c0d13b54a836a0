import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs'
import type { TreeLine } from '../blob/tree-state.ts'
import { workFilePath } from '../blob/work-file.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { ObjectContent, ObjectInfo } from '../git/cat-file.ts'
import type { BlobSource } from './blob-source.ts'

const PIECE = 1 << 18
/** Bytes read before others get a turn: what was read so far is judged, and can be forgotten. */
const TURN = 8 << 20
// A FIFO put there meanwhile would block.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Files of a work tree as if they were blobs, under the object ids that git would give their bytes as they lie.
 * Nothing of them is written anywhere. Other objects come from the repository.
 */
export class WorkTreeBlobs implements BlobSource {
  readonly #top: string
  readonly #git: BlobSource
  readonly #format: 'sha1' | 'sha256'
  readonly #paths = new Map<string, BytePath>()
  #turn: Promise<void> = Promise.resolve()
  #unjudged = 0

  constructor(top: string, format: 'sha1' | 'sha256', git: BlobSource) {
    this.#top = top
    this.#format = format
    this.#git = git
  }

  get leftOut(): boolean {
    return this.#git.leftOut
  }

  /**
   * Takes in what lies at a path: a file, or a symlink with where it leads as content.
   * @returns null where there is nothing that git or Nix would take: nothing at all, a directory, FIFO, socket or device
   * @throws NixsecretError `refused` where it may not be read
   */
  add(path: BytePath): TreeLine | null {
    const stat = lookAt(this.#top, path)
    if (stat === null || (!stat.isFile() && !stat.isSymbolicLink())) return null
    const hash = (size: number) => createHash(this.#format).update(`blob ${size}\0`)
    if (stat.isSymbolicLink()) {
      const target = guarded(path, () => readlinkSync(workFilePath(this.#top, path), 'buffer'))
      return { path, mode: '120000', oid: hash(target.length).update(target).digest('hex') }
    }
    const content = hash(stat.size)
    for (const piece of readWorkFile(this.#top, path)) content.update(piece)
    const oid = content.digest('hex')
    if (!this.#paths.has(oid)) this.#paths.set(oid, path)
    return { path, mode: (stat.mode & 0o100) === 0 ? '100644' : '100755', oid }
  }

  async info(name: string | Buffer): Promise<ObjectInfo | null> {
    const path = this.#pathOf(name)
    if (path === undefined) return this.#git.info(name)
    return { oid: String(name), type: 'blob', size: lookAt(this.#top, path)?.size ?? vanished(path) }
  }

  async get(name: string | Buffer): Promise<ObjectContent | null> {
    return this.#pathOf(name) === undefined ? this.#git.get(name) : this.getUpTo(String(name), Infinity)
  }

  async getUpTo(name: string | Buffer, limit: number): Promise<ObjectContent | null> {
    const pieces: Buffer[] = []
    let have = 0
    const path = this.#pathOf(name)
    if (path === undefined) return this.#git.getUpTo(name, limit)
    await this.#next()
    const info = await this.info(name)
    for (const piece of readWorkFile(this.#top, path)) {
      pieces.push(piece.subarray(0, limit - have))
      have += piece.length
      if (have >= limit) break
    }
    this.#unjudged += Math.min(have, limit)
    const size = Math.max(have, info?.size ?? 0)
    return { oid: String(name), type: 'blob', size, content: Buffer.concat(pieces) }
  }

  async stream(name: string | Buffer, onChunk: (chunk: Buffer) => void): Promise<ObjectInfo | null> {
    const path = this.#pathOf(name)
    if (path === undefined) return this.#git.stream(name, onChunk)
    await this.#next()
    let size = 0
    for (const piece of readWorkFile(this.#top, path)) {
      onChunk(piece)
      size += piece.length
    }
    return { oid: String(name), type: 'blob', size }
  }

  async *pieces(oid: string): AsyncGenerator<Buffer> {
    const path = this.#pathOf(oid)
    if (path === undefined) yield* this.#git.pieces(oid)
    else yield* readWorkFile(this.#top, path)
  }

  promisors(): Promise<readonly string[]> {
    return this.#git.promisors()
  }

  need(oids: Iterable<string>): Promise<void> {
    return this.#git.need([...oids].filter((oid) => !this.#paths.has(oid)))
  }

  #pathOf(name: string | Buffer): BytePath | undefined {
    return typeof name === 'string' ? this.#paths.get(name) : undefined
  }

  /** Questions come by the thousand at once: were all files read at once, all would be in memory. */
  #next(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#unjudged < TURN) return
      this.#unjudged = 0
      await new Promise((resolve) => setImmediate(resolve))
    })
    return this.#turn
  }
}

/** What lies at a path, reached through no symlink; null where nothing does. */
function lookAt(top: string, path: BytePath): Stats | null {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const above = statOf(top, path.slice(0, at) as BytePath)
    if (above?.isDirectory() !== true) return null
  }
  return statOf(top, path)
}

function statOf(top: string, path: BytePath): Stats | null {
  try {
    return lstatSync(workFilePath(top, path))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw unreadable(path, cause)
  }
}

/**
 * A regular file piece by piece.
 * @throws NixsecretError `refused` where it may not be read, `missing` where it is gone
 */
export function* readWorkFile(top: string, path: BytePath): Generator<Buffer> {
  const fd = guarded(path, () => openSync(workFilePath(top, path), FLAGS))
  try {
    if (!fstatSync(fd).isFile()) vanished(path)
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE)
      const read = guarded(path, () => readSync(fd, piece, 0, PIECE, null))
      if (read === 0) return
      yield piece.subarray(0, read)
    }
  } finally {
    closeSync(fd)
  }
}

function guarded<T>(path: BytePath, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') vanished(path)
    throw unreadable(path, cause)
  }
}

function vanished(path: BytePath): never {
  throw new NixsecretError('missing', `${displayPath(path)} changed while it was looked at`, {
    hints: ['git nixsecret check --files'],
  })
}

function unreadable(path: BytePath, cause: unknown): NixsecretError {
  return new NixsecretError('refused', `cannot read ${displayPath(path)}, so nobody can tell what is in it`, {
    cause,
  })
}
