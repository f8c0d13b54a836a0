import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { MultiSearch } from './multi-search.ts'
import type { Patterns } from './search-plan.ts'

/** What one file holds, by the numbers that {@link Patterns} give. */
export interface FileHits {
  readonly needles: readonly number[]
  readonly wholes: readonly number[]
}

/** Bytes read at a time. */
const PIECE = 1 << 20
// Neither follows a symlink nor waits for the writer of a FIFO.
const FLAGS =
  fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY

/** How much of a file is read: all of it, or no more than a small file has, where all that is compared is the whole. */
export type Depth = 'all' | 'small'

/** Bytes of a file that is small. */
export const SMALL = 1 << 16

/** Looks for patterns in files, one after the other, in one buffer. */
export class FileScanner {
  readonly #search: MultiSearch
  readonly #bySize = new Map<number, { hash: string; number: number }[]>()
  readonly #buffer: Buffer
  readonly #overlap: number
  readonly #found = new Set<number>()
  /** Bytes that were searched. */
  bytes = 0
  /** Files of which only the whole was compared. */
  unread = 0

  constructor({ needles, wholes }: Patterns) {
    this.#search = new MultiSearch(needles)
    this.#overlap = Math.max(0, this.#search.longest - 1)
    this.#buffer = Buffer.allocUnsafeSlow(this.#overlap + PIECE)
    for (const [number, { size, hash }] of wholes.entries())
      this.#bySize.set(size, [...(this.#bySize.get(size) ?? []), { hash, number }])
  }

  /** Whether a file of this size may be the copy of a whole secret. */
  mayBeWhole(size: number): boolean {
    return this.#bySize.has(size)
  }

  /**
   * Searches one regular file.
   * @returns null where nothing was found, or it is no regular file
   * @throws what node:fs throws, where it can't be read
   */
  scan(file: string | Buffer, depth: Depth): FileHits | null {
    const fd = fs.openSync(file, FLAGS)
    try {
      return this.#scanOpen(fd, depth)
    } finally {
      fs.closeSync(fd)
    }
  }

  /** Searches bytes that come in pieces; call it for each piece, `rest` is what it returned for the one before. */
  scanPiece(rest: Buffer, piece: Buffer, found: (needle: number) => void): Buffer {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    this.#search.search(bytes, 0, bytes.length, found)
    this.bytes += piece.length
    return Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#overlap)))
  }

  /** Searches bytes that are there at once. */
  scanText(bytes: Uint8Array, found: (needle: number) => void): void {
    this.#search.search(bytes, 0, bytes.length, found)
  }

  #scanOpen(fd: number, depth: Depth): FileHits | null {
    this.#found.clear()
    const room = depth === 'small' ? SMALL + 1 : PIECE
    let size = 0
    let kept = 0
    for (;;) {
      const read = this.#fill(fd, room)
      const start = this.#overlap - kept
      const end = this.#overlap + read
      size += read
      this.bytes += read
      if (read === room && depth === 'small') return this.#wholeOnly(fd)
      this.#search.search(this.#buffer, start, end, this.#note)
      if (read < room) {
        const inBuffer = size === read ? this.#buffer.subarray(this.#overlap, end) : null
        return this.#hits(this.#wholes(fd, size, inBuffer))
      }
      kept = Math.min(this.#overlap, kept + read)
      this.#buffer.copyWithin(this.#overlap - kept, end - kept, end)
    }
  }

  // More is asked for until nothing comes: a short read need not be the end everywhere.
  #fill(fd: number, room: number): number {
    let have = 0
    for (;;) {
      const read = fs.readSync(fd, this.#buffer, this.#overlap + have, room - have, null)
      have += read
      if (read === 0 || have === room) return have
    }
  }

  readonly #note = (needle: number): void => {
    this.#found.add(needle)
  }

  #wholeOnly(fd: number): FileHits | null {
    this.unread++
    return this.#hits(this.#wholes(fd, fs.fstatSync(fd).size, null))
  }

  #wholes(fd: number, size: number, content: Buffer | null): number[] {
    const candidates = this.#bySize.get(size)
    if (candidates === undefined) return []
    const hash = content === null ? this.#hashOf(fd) : createHash('sha256').update(content).digest('hex')
    return candidates.filter((whole) => whole.hash === hash).map(({ number }) => number)
  }

  #hashOf(fd: number): string {
    const hash = createHash('sha256')
    for (let at = 0; ; ) {
      const read = fs.readSync(fd, this.#buffer, 0, PIECE, at)
      if (read === 0) return hash.digest('hex')
      hash.update(this.#buffer.subarray(0, read))
      at += read
    }
  }

  #hits(wholes: readonly number[]): FileHits | null {
    return this.#found.size === 0 && wholes.length === 0 ? null : { needles: [...this.#found], wholes }
  }
}
