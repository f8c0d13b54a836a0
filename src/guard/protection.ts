import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type AttributeView, AttributeViews } from '../git/attribute-view.ts'
import type { CatFile } from '../git/cat-file.ts'
import { type Driver, driverOf } from '../git/check-attr.ts'
import type { GitPlace } from '../git/true-view.ts'
import { neverEncrypted } from '../policy/readers-of.ts'

// git itself ignores a .gitattributes file above this size.
const MAX_ATTRIBUTES_BYTES = 100 << 20

/** One set of `.gitattributes` files, shared by every commit that has just these. */
export interface AttributeGroup {
  /** False: no file of the group can protect anything, so nobody need ask. */
  readonly protects: boolean
  /** Which of these paths are ours to encrypt. `.gitattributes` and the policy never are. */
  drivers(paths: Iterable<BytePath>): Promise<ReadonlyMap<BytePath, Driver>>
}

/** Tells, for a set of `.gitattributes` files, which paths they protect; git answers, each path is asked once a group. */
export class Protection {
  readonly #catFile: Pick<CatFile, 'info' | 'get'>
  readonly #env: GitPlace['env']
  readonly #contents = new Map<string, Promise<Buffer>>()
  #views: AttributeViews | null = null

  constructor(catFile: Pick<CatFile, 'info' | 'get'>, env: GitPlace['env']) {
    this.#catFile = catFile
    this.#env = env
  }

  /** @param files path → object id of every `.gitattributes` that is a regular file */
  async group(files: ReadonlyMap<BytePath, string>): Promise<AttributeGroup> {
    const read = await Promise.all(
      [...files].map(async ([path, oid]) => ({ path, content: await this.#content(oid) })),
    )
    // The value has to stand somewhere in full, in a macro or a line: git has no quoting for attributes.
    const protects = read.some((file) => file.content.includes('filter=nixsecret', 0, 'latin1'))
    return new Group(protects, () => {
      this.#views ??= new AttributeViews(this.#env)
      return this.#views.add(read)
    })
  }

  close(): void {
    this.#views?.close()
  }

  #content(oid: string): Promise<Buffer> {
    let content = this.#contents.get(oid)
    if (content === undefined) {
      content = this.#read(oid)
      this.#contents.set(oid, content)
    }
    return content
  }

  async #read(oid: string): Promise<Buffer> {
    const info = await this.#catFile.info(oid)
    if (info !== null && info.size > MAX_ATTRIBUTES_BYTES) return Buffer.alloc(0)
    const object = info === null ? null : await this.#catFile.get(oid)
    if (object?.type !== 'blob')
      throw new NixsecretError(
        'git',
        `a .gitattributes file (object ${oid}) is missing from this repository`,
        {
          hints: ['git fsck'],
        },
      )
    return object.content
  }
}

class Group implements AttributeGroup {
  readonly protects: boolean
  readonly #open: () => Promise<AttributeView>
  #view: Promise<AttributeView> | null = null
  readonly #asked = new Set<BytePath>()
  readonly #known = new Map<BytePath, Driver>()

  constructor(protects: boolean, open: () => Promise<AttributeView>) {
    this.protects = protects
    this.#open = open
  }

  async drivers(paths: Iterable<BytePath>): Promise<ReadonlyMap<BytePath, Driver>> {
    if (!this.protects) return this.#known
    const fresh = new Set<BytePath>()
    for (const path of paths) if (!this.#asked.has(path) && !neverEncrypted(path)) fresh.add(path)
    if (fresh.size > 0) {
      this.#view ??= this.#open()
      const filters = await (await this.#view).filters([...fresh])
      for (const path of fresh) this.#asked.add(path)
      for (const [path, value] of filters) {
        const driver = driverOf(value)
        if (driver !== null) this.#known.set(path, driver)
      }
    }
    return this.#known
  }
}
