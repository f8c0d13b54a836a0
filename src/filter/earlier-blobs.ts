import type { BytePath } from '../byte-path.ts'
import type { EarlierBlob } from './earlier-blob.ts'
import type { FilterContext } from './filter-context.ts'
import { fetchBlob } from './tree-blobs.ts'

/** Looks up the blobs that a path has already, each once. */
export class EarlierBlobs {
  readonly #context: FilterContext
  readonly #path: BytePath
  #index: Promise<EarlierBlob | null> | null = null
  #head: Promise<EarlierBlob | null> | null = null

  constructor(context: FilterContext, path: BytePath) {
    this.#context = context
    this.#path = path
  }

  /** The blob in the index. */
  index(): Promise<EarlierBlob | null> {
    this.#index ??= this.#context.index.find(this.#path)
    return this.#index
  }

  /** The blob in HEAD. */
  head(): Promise<EarlierBlob | null> {
    this.#head ??= this.#context.head.find(this.#path)
    return this.#head
  }

  /** The other side's blob, where a merge left the path in conflict. */
  theirs(): Promise<EarlierBlob | null> {
    return this.byId(Buffer.from(`:3:${this.#path}`, 'latin1'))
  }

  /** The blob that the file was last written from, where the index has not got on from that; see {@link Memo.strayFrom}. */
  async stray(): Promise<EarlierBlob | null> {
    const { memo } = this.#context
    const oid = memo.strayFrom(this.#context.placeOf(this.#path), (await this.index())?.oid ?? null)
    return oid === null ? null : this.byId(oid)
  }

  /** Any blob, by its id, or what else git calls it. */
  byId(name: string | Buffer): Promise<EarlierBlob | null> {
    return fetchBlob(this.#context.catFile, Buffer.from(name))
  }
}
