import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type AttributesFile, type AttributeView, AttributeViews } from '../git/attribute-view.ts'
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

  /** @param files path → mode and object id of every `.gitattributes` that is a regular file or a symlink */
  async group(files: ReadonlyMap<BytePath, { mode: string; oid: string }>): Promise<AttributeGroup> {
    const read = await Promise.all(
      [...files].map(async ([path, { mode, oid }]) => ({ path, mode, content: await this.#content(oid) })),
    )
    // The value has to stand somewhere in full, in a macro or a line: git has no quoting for attributes.
    const protects = read.some((file) => file.content.includes('filter=nixsecret', 0, 'latin1'))
    const regular = read.filter(({ mode }) => mode.startsWith('100'))
    const views: AttributesFile[][] = [regular]
    if (read.some(({ content }) => readsTwoWays(content)))
      views.push(regular.map(({ path, content }) => ({ path, content: asFile(content) })))
    // git follows no such symlink, but takes its target for attributes (measured with git 2.39).
    if (regular.length < read.length) views.push(read)
    return new Group(protects, () => {
      this.#views ??= new AttributeViews(this.#env)
      const attributeViews = this.#views
      return Promise.all(views.map((files) => attributeViews.add(files)))
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

const BOM = Buffer.of(0xef, 0xbb, 0xbf)

/**
 * A file in a work tree, where a clean filter is asked for, is read by lines: a BOM is skipped and a NUL ends its line.
 * From an index the BOM is part of the first pattern, and a NUL ends the file (both measured with git 2.39).
 */
function readsTwoWays(content: Buffer): boolean {
  return content.includes(0) || content.subarray(0, BOM.length).equals(BOM)
}

/** What has the same meaning in an index as the content has in a work tree. */
function asFile(content: Buffer): Buffer {
  const rest = content.subarray(0, BOM.length).equals(BOM) ? content.subarray(BOM.length) : content
  return Buffer.from(rest.toString('latin1').replace(/\0[^\n]*/g, ''), 'latin1')
}

class Group implements AttributeGroup {
  readonly protects: boolean
  readonly #open: () => Promise<readonly AttributeView[]>
  #views: Promise<readonly AttributeView[]> | null = null
  readonly #asked = new Set<BytePath>()
  readonly #known = new Map<BytePath, Driver>()

  constructor(protects: boolean, open: () => Promise<readonly AttributeView[]>) {
    this.protects = protects
    this.#open = open
  }

  async drivers(paths: Iterable<BytePath>): Promise<ReadonlyMap<BytePath, Driver>> {
    if (!this.protects) return this.#known
    const fresh = new Set<BytePath>()
    for (const path of paths) if (!this.#asked.has(path) && !neverEncrypted(path)) fresh.add(path)
    if (fresh.size > 0) {
      this.#views ??= this.#open()
      const answers = await Promise.all((await this.#views).map((view) => view.filters([...fresh])))
      for (const path of fresh) this.#asked.add(path)
      // Protected in one view is protected.
      for (const [path, value] of answers.flatMap((filters) => [...filters])) {
        const driver = driverOf(value)
        if (driver !== null) this.#known.set(path, driver)
      }
    }
    return this.#known
  }
}
