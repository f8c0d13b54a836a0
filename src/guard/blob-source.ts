import { NixsecretError } from '../errors.ts'
import { blobStream } from '../git/blob-stream.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { Repository } from '../git/repository.ts'
import type { GitPlace } from '../git/true-view.ts'
import type { BlobReader } from './content-look.ts'
import { PartialClone } from './partial-clone.ts'

/** Where a check reads the content of files. */
export interface BlobSource extends BlobReader, Pick<CatFile, 'info' | 'get' | 'stream'> {
  /** Whether content that rules ask for was left unread, because it is not here and its name clears it. */
  readonly leftOut: boolean
  /** The remotes that promised what a partial clone left out; none where this is a whole clone. */
  promisors(): Promise<readonly string[]>
  /** Sees to it that these are here: in a partial clone, with one fetch for all of them. */
  need(oids: Iterable<string>): Promise<void>
}

/**
 * Blobs of the repository. In a partial clone `getUpTo` and `pieces`, which content rules use, fetch nothing:
 * what is not here came from the remote, and whoever needs it all the same asks for it by `need`, all at once.
 */
export class GitBlobs implements BlobSource {
  leftOut = false
  readonly #catFile: CatFile
  readonly #place: GitPlace
  readonly #clone: () => Promise<PartialClone | null>
  #open: Promise<PartialClone | null> | null = null

  constructor(catFile: CatFile, repo: Repository, place: GitPlace) {
    this.#catFile = catFile
    this.#place = place
    this.#clone = () => PartialClone.find(repo, place)
  }

  info(name: string | Buffer) {
    return this.#catFile.info(name)
  }

  get(name: string | Buffer) {
    return this.#catFile.get(name)
  }

  stream(name: string | Buffer, onChunk: (chunk: Buffer) => void) {
    return this.#catFile.stream(name, onChunk)
  }

  /** @throws NixsecretError `missing` where it should be here and is not */
  async getUpTo(oid: string, limit: number) {
    const clone = await this.clone()
    if (clone !== null) {
      const here = await clone.local.getUpTo(oid, limit)
      if (here === null) this.leftOut = true
      return here
    }
    const blob = await this.#catFile.getUpTo(oid, limit)
    if (blob !== null) return blob
    throw new NixsecretError('missing', `blob ${oid} is not in this repository`, { hints: ['git fsck'] })
  }

  pieces(oid: string): AsyncIterable<Buffer> {
    return blobStream(oid, this.#place)
  }

  async promisors(): Promise<readonly string[]> {
    return (await this.clone())?.remotes ?? []
  }

  async need(oids: Iterable<string>): Promise<void> {
    await (await this.clone())?.need(oids)
  }

  /** Null where this is a whole clone, as most are. */
  clone(): Promise<PartialClone | null> {
    this.#open ??= this.#clone()
    return this.#open
  }

  close(): void {
    // A fault of it has been somebody's already.
    this.#open?.then((clone) => clone?.close()).catch(() => {})
  }
}
