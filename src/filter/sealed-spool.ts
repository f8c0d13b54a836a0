import { type Cipher, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { NixsecretError } from '../errors.ts'

const PIECE = 1 << 18

/**
 * Holds a content that is too large for memory. What lies on disk is encrypted with a key that only this object
 * has, in a file that has no name any more, so neither a crash nor a look at the disk shows anything.
 */
export class SealedSpool {
  readonly #key = randomBytes(32)
  readonly #fd: number
  readonly #cipher: Cipher
  #size = 0

  /**
   * @param dir made with mode 0700 if it is not there
   * @throws NixsecretError `io` where no file can be made there
   */
  constructor(dir: string) {
    const name = `${dir}/spool-${process.pid}-${randomBytes(6).toString('hex')}`
    try {
      fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
      this.#fd = fs.openSync(name, 'wx+', 0o600)
      fs.unlinkSync(name)
    } catch (cause) {
      throw new NixsecretError('io', 'cannot make a temporary file in the git directory', { cause })
    }
    // A fresh key is used for one stream, so the counter may start at zero.
    this.#cipher = createCipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
  }

  /** @throws NixsecretError `io`, for instance on a full disk */
  write(piece: Uint8Array): void {
    const sealed = this.#cipher.update(piece)
    try {
      for (let at = 0; at < sealed.length; ) at += fs.writeSync(this.#fd, sealed, at)
    } catch (cause) {
      throw new NixsecretError(
        'io',
        'cannot write a temporary file in the git directory (is the disk full?)',
        {
          cause,
        },
      )
    }
    this.#size += sealed.length
  }

  /** Everything from the start, as often as it is asked for. */
  *read(): Generator<Buffer> {
    const decipher = createDecipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
    for (let at = 0; at < this.#size; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, this.#size - at))
      const read = fs.readSync(this.#fd, piece, 0, piece.length, at)
      if (read === 0) throw new NixsecretError('io', 'a temporary file was cut short')
      at += read
      yield decipher.update(piece.subarray(0, read))
    }
  }

  /** Gives the space back; the content is gone. */
  discard(): void {
    this.#key.fill(0)
    fs.closeSync(this.#fd)
  }
}
