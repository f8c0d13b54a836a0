import type { Header } from '../age/header.ts'
import { type BlobShape, inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import { mayBeginSops } from '../blob/may-be-sops.ts'
import type { Readers } from '../blob/readers.ts'
import { blobStream } from '../git/blob-stream.ts'
import type { Source } from './large-blob.ts'

/** A blob that git has already, and that may be reused for what is being cleaned. */
export class EarlierBlob {
  readonly oid: string
  readonly size: number
  readonly #head: Buffer
  #shape: BlobShape | null = null

  constructor(oid: string, size: number, head: Buffer) {
    this.oid = oid
    this.size = size
    this.#head = head
  }

  get whole(): Buffer | null {
    return this.#head.length === this.size ? this.#head : null
  }

  /** What git gets when this blob is reused. */
  get content(): Buffer | AsyncIterable<Buffer> {
    return this.whole ?? blobStream(this.oid)
  }

  get source(): Source {
    const whole = this.whole
    return whole === null ? () => blobStream(this.oid) : () => [whole]
  }

  get shape(): BlobShape {
    this.#shape ??= inspectBlob(this.#head, this.size)
    return this.#shape
  }

  get header(): Header | null {
    return this.shape.kind === 'age' ? this.shape.header : null
  }

  get armored(): boolean {
    return this.shape.kind === 'age' && this.shape.armored
  }

  /** Whether it may be a SOPS document; see {@link mayBeginSops}. */
  get mayBeSops(): boolean {
    return mayBeginSops(this.#head)
  }

  /** Whether it is sealed, and, as far as its header tells, for just these readers (null: whoever they are). */
  sealedFor(readers: Readers | null): boolean {
    const header = this.header
    return header !== null && (readers === null || judgeReaders(header, readers) !== 'stale')
  }
}
