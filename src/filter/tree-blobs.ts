import { isArmored, MAX_ARMORED_SIZE } from '../age/armor.ts'
import type { BytePath } from '../byte-path.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { TreeEntry } from '../git/list-index.ts'
import { EarlierBlob } from './earlier-blob.ts'

// Below this many files one question each is cheaper than a list of all.
const SINGLE_QUESTIONS = 4
// git goes through its index in order: these many contents are on their way before they are asked for.
const AHEAD = 32
// The same as what a file that comes in may hold of memory, and room for header and tags.
const LIMIT = (1 << 20) + (1 << 17)
// What tells armor from the rest, with room.
const HEAD = 64

interface List {
  readonly entries: readonly TreeEntry[]
  readonly position: ReadonlyMap<BytePath, number>
}

/**
 * The blobs of the index or of HEAD by path: one question to git for each of the first few files, then one list for
 * all, with contents fetched ahead. A list is dropped as soon as the index file changes: one filter process serves a
 * whole rebase.
 */
export class TreeBlobs {
  readonly #catFile: CatFile
  readonly #prefix: string
  readonly #read: () => Promise<TreeEntry[]>
  readonly #stamp: () => string
  readonly #fetched = new Map<string, Promise<EarlierBlob | null>>()
  #asked = 0
  #list: Promise<List> | null = null
  /** What the last list was made at. */
  listStamp = ''
  #ahead = AHEAD

  /**
   * @param prefix of a path in a question to git: `:0:` or `HEAD:`
   * @param read lists everything at once
   * @param stamp changes when the list may have changed
   */
  constructor(catFile: CatFile, prefix: string, read: () => Promise<TreeEntry[]>, stamp: () => string) {
    this.#catFile = catFile
    this.#prefix = prefix
    this.#read = read
    this.#stamp = stamp
  }

  /** Whether paths are still asked for one by one. */
  get single(): boolean {
    return this.#asked <= SINGLE_QUESTIONS
  }

  /** The blob at a path, or null. */
  async find(path: BytePath): Promise<EarlierBlob | null> {
    if (++this.#asked <= SINGLE_QUESTIONS)
      return fetchBlob(this.#catFile, Buffer.from(this.#prefix + path, 'latin1'))
    const { entries, position } = await this.#currentList()
    const at = position.get(path)
    if (at === undefined) return null
    this.#fetchAhead(entries, at)
    const { oid } = entries[at] as TreeEntry
    const found = await this.#want(oid)
    this.#fetched.delete(oid)
    // Fetching large blobs ahead would cost more than it spares.
    if (found !== null && found.size > LIMIT) this.#ahead = 2
    return found
  }

  // By the batch: each write to git and each answer of it wakes somebody up.
  #fetchAhead(entries: readonly TreeEntry[], at: number): void {
    const next = entries[at + this.#ahead / 2]
    if (
      this.#fetched.has((entries[at] as TreeEntry).oid) &&
      (next === undefined || this.#fetched.has(next.oid))
    )
      return
    // What was passed over is not asked for any more.
    const ahead = new Set(entries.slice(at, at + this.#ahead).map(({ oid }) => oid))
    for (const oid of this.#fetched.keys()) if (!ahead.has(oid)) this.#fetched.delete(oid)
    for (let i = at; i < Math.min(entries.length, at + this.#ahead); i++)
      this.#want((entries[i] as TreeEntry).oid)
  }

  #want(oid: string): Promise<EarlierBlob | null> {
    let blob = this.#fetched.get(oid)
    if (blob === undefined) {
      blob = fetchBlob(this.#catFile, Buffer.from(oid))
      blob.catch(() => {})
      this.#fetched.set(oid, blob)
    }
    return blob
  }

  #currentList(): Promise<List> {
    const stamp = this.#stamp()
    if (this.#list === null || stamp !== this.listStamp) {
      this.listStamp = stamp
      this.#fetched.clear()
      this.#list = this.#load()
    }
    return this.#list
  }

  async #load(): Promise<List> {
    const entries = (await this.#read()).filter((entry) => entry.stage === 0 && entry.mode.startsWith('100'))
    return { entries, position: new Map(entries.map((entry, i) => [entry.path, i])) }
  }
}

/** A blob by what git calls it, its content, unless armored, cut at what is held in memory. */
export async function fetchBlob(catFile: CatFile, name: Buffer): Promise<EarlierBlob | null> {
  let content = Buffer.alloc(0)
  const pieces: Buffer[] = []
  let have = 0
  const found = await catFile.stream(name, (piece) => {
    // The first pieces may be short of what tells armor, which is only ever read whole.
    if (content.length < HEAD) content = Buffer.concat([content, piece])
    else if (have < (isArmored(content) ? MAX_ARMORED_SIZE : LIMIT)) pieces.push(piece)
    have += piece.length
  })
  content = Buffer.concat([content, ...pieces])
  if (found !== null && content.length < found.size && content.length > LIMIT)
    content = content.subarray(0, LIMIT)
  return found?.type === 'blob' ? new EarlierBlob(found.oid, found.size, content) : null
}
