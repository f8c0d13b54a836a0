import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { type BytePath, pathBytes } from '../byte-path.ts'
import { attributeValues } from './attribute-values.ts'
import { filterAttributes } from './check-attr.ts'
import { blobId } from './object-id.ts'
import { type GitOptions, runGit } from './run-git.ts'

/** One `.gitattributes` file of a tree. */
export interface AttributesFile {
  readonly path: BytePath
  readonly content: Buffer
}

// Of the user's, the system's and the repository's settings none may count (all of them change check-attr, measured).
const CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = false
\tattributesFile = /dev/null
\tignoreCase = false
\tprotectHFS = false
\tprotectNTFS = false
`

const OURS: Readonly<Record<string, string | undefined>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_CONFIG: undefined,
  GIT_CONFIG_COUNT: undefined,
  GIT_CONFIG_PARAMETERS: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_NAMESPACE: undefined,
  GIT_PREFIX: undefined,
  GIT_ATTR_SOURCE: undefined,
  GIT_SHALLOW_FILE: undefined,
}

/**
 * Asks git for attributes as a given set of `.gitattributes` files makes them, and nothing else.
 *
 * git before 2.42 has no `check-attr --source`, and a repository's own configuration, `info/attributes` and sparse
 * checkout bend what it answers; so the files are put as objects into a temporary git directory of our own, with an
 * index that holds them alone. Being complete in itself it depends on no object store, quarantine or promisor.
 */
export class AttributeViews {
  readonly #dir: string
  readonly #env: GitOptions['env']
  #count = 0

  /** @param env variables that git is to be run with; those that could bend the view do not count */
  constructor(env: GitOptions['env']) {
    this.#env = env
    this.#dir = mkdtempSync(join(tmpdir(), 'nixsecret-attr-'))
    for (const dir of ['git/objects', 'git/refs', 'tree'])
      mkdirSync(join(this.#dir, dir), { recursive: true })
    writeFileSync(join(this.#dir, 'git/HEAD'), 'ref: refs/heads/none\n')
    writeFileSync(join(this.#dir, 'git/config'), CONFIG)
  }

  /** A view of these files; each in its place, as git reads them from an index. */
  async add(files: readonly AttributesFile[]): Promise<AttributeView> {
    const options = this.#options(`index-${this.#count++}`)
    const lines = files.flatMap(({ path, content }) => [
      Buffer.from(`100644 ${this.#store(content)}\t`),
      pathBytes(path),
      Buffer.of(0),
    ])
    await runGit(['update-index', '-z', '--index-info'], { ...options, input: Buffer.concat(lines) })
    return new AttributeView(options)
  }

  /** Removes the temporary directory. */
  close(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #options(index: string): GitOptions {
    const path = (name: string) => join(this.#dir, name)
    const env = {
      ...this.#env,
      ...OURS,
      GIT_DIR: path('git'),
      GIT_WORK_TREE: path('tree'),
      GIT_INDEX_FILE: path(index),
    }
    return { cwd: path('tree'), env }
  }

  /** A loose object, as https://git-scm.com/book/en/v2/Git-Internals-Git-Objects has it. */
  #store(content: Buffer): string {
    const oid = blobId(content, 'sha1')
    const dir = join(this.#dir, 'git/objects', oid.slice(0, 2))
    mkdirSync(dir, { recursive: true })
    const header = Buffer.from(`blob ${content.length}\0`)
    writeFileSync(join(dir, oid.slice(2)), deflateSync(Buffer.concat([header, content])))
    return oid
  }
}

/** One set of `.gitattributes` files. */
export class AttributeView {
  readonly #options: GitOptions

  constructor(options: GitOptions) {
    this.#options = options
  }

  /** The `filter` attribute of paths; those that have none are left out. */
  filters(paths: readonly BytePath[]): Promise<Map<BytePath, string>> {
    return filterAttributes(paths, { ...this.#options, cached: true })
  }

  /** Several attributes of paths, see {@link attributeValues}. */
  values(paths: readonly BytePath[], names: readonly string[]): Promise<Map<BytePath, readonly string[]>> {
    return attributeValues(paths, names, { ...this.#options, cached: true })
  }
}
