import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import type { BytePath } from '../byte-path.ts'
import { clean } from './clean.ts'
import type { Cleaned, LargeClean } from './cleaned.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'

/** A large file that is to be a SOPS document, which is made of the whole of it: kept in memory, up to a bound. */
export class WholeContent implements LargeClean {
  readonly #context: FilterContext
  readonly #path: BytePath
  readonly #earlier: EarlierBlobs
  #pieces: Buffer[] = []
  #size = 0

  constructor(context: FilterContext, path: BytePath, earlier: EarlierBlobs) {
    this.#context = context
    this.#path = path
    this.#earlier = earlier
  }

  write(piece: Buffer): void {
    this.#size += piece.length
    if (this.#size <= MAX_SOPS_SIZE) this.#pieces.push(Buffer.from(piece))
    else this.#pieces = []
  }

  async finish(): Promise<Cleaned> {
    if (this.#size > MAX_SOPS_SIZE) {
      const { tooLarge } = await import('../blob/sops-files.ts')
      throw tooLarge(this.#path)
    }
    return clean(this.#context, this.#path, Buffer.concat(this.#pieces), this.#earlier)
  }

  discard(): void {
    this.#pieces = []
  }
}
