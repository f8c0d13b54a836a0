import { type Cipher, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { FallbackSpool } from './fallback-spool.ts'

/**
 * Holds a content that is too large for memory and may be plaintext. What lies on disk is encrypted with a key that
 * only this object has, so neither a crash nor a look at the disk shows anything.
 */
export class SealedSpool {
  readonly #key = randomBytes(32)
  // A fresh key is used for one stream, so the counter may start at zero.
  readonly #cipher: Cipher = createCipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
  readonly #spool: FallbackSpool

  /** @param dir the first to be tried; where nothing can be written it is kept in memory */
  constructor(dir: string) {
    this.#spool = new FallbackSpool(dir, true)
  }

  write(piece: Uint8Array): void {
    this.#spool.write(this.#cipher.update(piece))
  }

  /** Everything from the start, as often as it is asked for. */
  *read(): Generator<Buffer> {
    const decipher = createDecipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
    for (const piece of this.#spool.read()) yield decipher.update(piece)
  }

  /** Gives the space back; the content is gone. */
  discard(): void {
    this.#key.fill(0)
    this.#spool.discard()
  }
}
