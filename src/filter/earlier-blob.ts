import type { Header } from '../age/header.ts'
import { type BlobShape, inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import type { Readers } from '../blob/readers.ts'
import { NixsecretError } from '../errors.ts'
import { blobStream } from '../git/blob-stream.ts'
import type { FilterContext } from './filter-context.ts'
import { openLarge, type Source, unwrapLarge } from './large-blob.ts'

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

  /** Whether it is sealed, and, as far as its header tells, for just these readers (null: whoever they are). */
  sealedFor(readers: Readers | null): boolean {
    const header = this.header
    return header !== null && (readers === null || judgeReaders(header, readers) !== 'stale')
  }
}

/** A plaintext, by what is needed to tell it from others. */
export interface Plaintext {
  /** In bytes. */
  readonly size: number
  /** The memo's keyed hash of it. */
  readonly hash: Buffer
}

/** Whether a blob holds just this plaintext: by the memo, else by opening it with the keys that need no question. */
export async function holdsPlaintext(
  context: FilterContext,
  blob: EarlierBlob,
  plaintext: Plaintext,
): Promise<boolean> {
  if (blob.shape.kind !== 'age') return false
  if (context.memo.holds(plaintext.hash, blob.oid)) return true
  if (blob.shape.plaintextSize !== plaintext.size) return false
  const found = await plaintextHash(context, blob)
  return found?.equals(plaintext.hash) ?? false
}

async function plaintextHash(context: FilterContext, blob: EarlierBlob): Promise<Buffer | null> {
  const identities = await context.silentKeys.identities()
  if (blob.whole !== null) {
    const opened = await openBlob(blob.whole, identities)
    return opened.state === 'open' ? context.memo.hash(opened.plaintext) : null
  }
  try {
    const key = await unwrapLarge(blob.source, identities)
    if (key === null) return null
    const hasher = context.memo.hasher()
    for await (const piece of openLarge(blob.source, key.header, key.fileKey)) hasher.update(piece)
    return hasher.digest()
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') return null
    throw fault
  }
}
