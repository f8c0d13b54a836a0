import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { NixsecretError } from '../errors.ts'

const PIECE = 1 << 18

/** Where bytes can lie. */
interface Place {
  append(piece: Uint8Array, at: number): void
  read(size: number): Generator<Buffer>
  close(): void
}

/**
 * Holds a content that is too large for memory in a file that has no name any more: in the git directory, or where
 * that can't be written, in one for temporary files, or at last in memory after all. **Only ciphertext may go in.**
 */
export class FallbackSpool {
  readonly #places: (() => Place)[]
  #place: Place | null = null
  #size = 0

  /**
   * @param dir the first to be tried; made with mode 0700 if it is not there
   * @param inMemory whether memory is better than nothing
   */
  constructor(dir: string, inMemory: boolean) {
    const runtime = process.env.XDG_RUNTIME_DIR
    const others = [...(runtime?.startsWith('/') ? [runtime] : []), tmpdir()]
    this.#places = others.map((other) => () => filePlace(other))
    this.#places.unshift(() => {
      fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
      return filePlace(dir)
    })
    if (inMemory) this.#places.push(memoryPlace)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size
  }

  /**
   * The piece may be overwritten afterwards.
   * @throws NixsecretError `io` where no place is left
   */
  write(piece: Uint8Array): void {
    if (piece.length === 0) return
    for (this.#place ??= this.#next(null); ; ) {
      try {
        this.#place.append(piece, this.#size)
        this.#size += piece.length
        return
      } catch (cause) {
        // A full disk: what lies there can still be read.
        this.#place = this.#next(this.#place, cause)
      }
    }
  }

  /** Everything from the start, as often as it is asked for. */
  *read(): Generator<Buffer> {
    if (this.#place !== null) yield* this.#place.read(this.#size)
  }

  /** Gives the space back; the content is gone. */
  discard(): void {
    this.#place?.close()
    this.#place = null
    this.#size = 0
  }

  /** The next place that takes what lies in the one before. */
  #next(before: Place | null, cause?: unknown): Place {
    let fault = cause
    for (let make = this.#places.shift(); make !== undefined; make = this.#places.shift()) {
      let place: Place | null = null
      try {
        place = make()
        let at = 0
        for (const piece of before?.read(this.#size) ?? []) {
          place.append(piece, at)
          at += piece.length
        }
        before?.close()
        return place
      } catch (reason) {
        place?.close()
        fault = reason
      }
    }
    const message = 'cannot write a temporary file, in the git directory or elsewhere (is the disk full?)'
    throw new NixsecretError('io', message, { cause: fault })
  }
}

function filePlace(dir: string): Place {
  const name = `${dir}/nixsecret-spool-${process.pid}-${randomBytes(6).toString('hex')}`
  const fd = fs.openSync(name, 'wx+', 0o600)
  fs.unlinkSync(name)
  return {
    append(piece, at) {
      for (let done = 0; done < piece.length; )
        done += fs.writeSync(fd, piece, done, piece.length - done, at + done)
    },
    *read(size) {
      for (let at = 0; at < size; ) {
        const piece = Buffer.allocUnsafe(Math.min(PIECE, size - at))
        const read = fs.readSync(fd, piece, 0, piece.length, at)
        if (read === 0) throw new NixsecretError('io', 'a temporary file was cut short')
        at += read
        yield piece.subarray(0, read)
      }
    },
    close: () => fs.closeSync(fd),
  }
}

function memoryPlace(): Place {
  let pieces: Buffer[] = []
  return {
    append: (piece) => void pieces.push(Buffer.from(piece)),
    *read() {
      yield* pieces
    },
    close() {
      pieces = []
    },
  }
}
