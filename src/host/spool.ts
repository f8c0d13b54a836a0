import { randomBytes } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** Bytes that one read of a spool's file brings. */
const READ_SIZE = 256 * 1024

/**
 * Holds bytes until all of them are known to be good: in memory first, beyond a limit in a file that has no name
 * any more, so that nothing is left of it however the process ends. **Only ciphertext may go in**: a file system
 * keeps what it is given.
 */
export class Spool {
  readonly #dir: string
  readonly #memoryLimit: number
  #chunks: Buffer[] = []
  #fd: number | null = null
  #size = 0
  #discarded = false

  /**
   * @param dir where the file would be; made with mode 0700 when it is needed
   * @param memoryLimit bytes kept in memory before the file is used
   */
  constructor(dir: string, memoryLimit: number) {
    this.#dir = dir
    this.#memoryLimit = memoryLimit
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds bytes at the end; they are copied or on disk when it returns.
   * @throws NixsecretError `io` where the file cannot be made or written (disk full)
   */
  write(chunk: Uint8Array): void {
    this.#refuseDiscarded()
    if (chunk.length === 0) return
    if (this.#fd === null && this.#size + chunk.length > this.#memoryLimit) this.#moveToFile()
    if (this.#fd === null) this.#chunks.push(Buffer.from(chunk))
    else this.#append(this.#fd, chunk, this.#size)
    this.#size += chunk.length
  }

  /**
   * Everything from the first byte on, as of now; may be called again, also at the same time.
   * @throws NixsecretError `io` where the file cannot be read
   */
  async *read(): AsyncIterable<Buffer> {
    this.#refuseDiscarded()
    const size = this.#size
    const fd = this.#fd
    if (fd === null) {
      yield* [...this.#chunks]
      return
    }
    for (let at = 0; at < size; ) {
      this.#refuseDiscarded()
      const chunk = Buffer.allocUnsafe(Math.min(READ_SIZE, size - at))
      const length = this.#try('read', () => readSync(fd, chunk, 0, chunk.length, at))
      if (length === 0)
        throw new NixsecretError('io', 'temporary file is shorter than what was written to it')
      at += length
      yield chunk.subarray(0, length)
    }
  }

  /** Frees memory and file. The spool cannot be used afterwards; calling it again does nothing. */
  discard(): void {
    this.#discarded = true
    this.#chunks = []
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }

  #refuseDiscarded(): void {
    if (this.#discarded) throw new Error('spool used after discard')
  }

  #moveToFile(): void {
    this.#fd = this.#try('make', () => {
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
      const path = join(this.#dir, `spool-${randomBytes(8).toString('hex')}`)
      const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
      const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      unlinkSync(path)
      return fd
    })
    let at = 0
    for (const chunk of this.#chunks) {
      this.#append(this.#fd, chunk, at)
      at += chunk.length
    }
    this.#chunks = []
  }

  #append(fd: number, chunk: Uint8Array, position: number): void {
    for (let done = 0; done < chunk.length; ) {
      done += this.#try('write', () => writeSync(fd, chunk, done, chunk.length - done, position + done))
    }
  }

  #try<T>(what: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
      const message = `cannot ${what} a temporary file in ${displayText(this.#dir)}: ${code}`
      throw new NixsecretError('io', message, { cause })
    }
  }
}
