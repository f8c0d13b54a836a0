import { openFile } from '../../blob/open-file.ts'
import { driversOf, inScope, type Scopes } from '../../blob/protected-files.ts'
import { lookAtWorkFile, workFileBytes } from '../../blob/work-file.ts'
import { type BytePath, baseName } from '../../byte-path.ts'
import { type AttributesFile, AttributeViews } from '../../git/attribute-view.ts'
import { driverOf } from '../../git/check-attr.ts'
import { listIndex, listTree, type TreeEntry } from '../../git/list-index.ts'
import { listUntracked } from '../../git/list-untracked.ts'
import { tryGit } from '../../git/run-git.ts'
import { neverEncrypted, storeOf } from '../../policy/readers-of.ts'
import type { AuditContext } from './audit-context.ts'
import { formerBlobs } from './former-blobs.ts'
import type { Plaintext, Secret } from './secret.ts'

/** A content of a secret that could not be looked at, so that no copy of it would be found. */
export interface Closed {
  readonly path: BytePath
  readonly version: string
  readonly why: string
}

/** What there is of the repository's secrets. */
export interface Collected {
  readonly secrets: readonly Secret[]
  readonly plaintexts: readonly Plaintext[]
  readonly closed: readonly Closed[]
}

/** Bytes; a larger secret is not looked at. */
const LARGEST = 64 << 20

/**
 * The contents of every protected file: in the work tree, in the index, in HEAD and, if wanted, in every commit of every
 * ref; opened with the keys at hand.
 * @param scopes files and directories; none: all
 */
export async function collectPlaintexts(
  context: AuditContext,
  scopes: Scopes,
  history: boolean,
): Promise<Collected> {
  const { git } = context
  const [index, head, untracked] = await Promise.all([
    listIndex(git),
    headTree(context),
    listUntracked(false, git),
  ])
  const known = [...index, ...head].filter(({ mode }) => mode.startsWith('100'))
  const paths = new Set([...known.map(({ path }) => path), ...untracked.files])
  const asked = [...paths].filter((path) => inScope(path, scopes))
  const here = await driversOf(asked, git)
  // What HEAD protects is a secret, too, whatever was lost since or is said on this machine alone.
  const drivers = new Set([...here.keys(), ...(await protectedBy(head, asked, context))])
  const collector = new Collector(context)
  for (const path of drivers) await collector.addWorkFile(path)
  const ofHead = new Set(head)
  for (const entry of known.filter(({ path }) => drivers.has(path)))
    await collector.addBlob(entry.path, entry.oid, ofHead.has(entry) ? 'HEAD' : 'index')
  if (history) {
    for (const { path, oid, commit } of await formerBlobs(context, scopes))
      await collector.addBlob(path, oid, commit.slice(0, 12))
  }
  return collector.collected()
}

async function protectedBy(
  tree: readonly TreeEntry[],
  paths: readonly BytePath[],
  { git, catFile }: AuditContext,
): Promise<BytePath[]> {
  const files: AttributesFile[] = []
  for (const { path, oid, mode } of tree) {
    if (baseName(path) !== '.gitattributes' || !mode.startsWith('100')) continue
    const content = (await catFile.getUpTo(oid, 1 << 20))?.content
    if (content !== undefined) files.push({ path, content })
  }
  if (!files.some(({ content }) => content.includes('nixsecret'))) return []
  const views = new AttributeViews(git.env)
  try {
    const filters = await (await views.add(files)).filters(paths.filter((path) => !neverEncrypted(path)))
    return [...filters].flatMap(([path, value]) => (driverOf(value) === null ? [] : [path]))
  } finally {
    views.close()
  }
}

async function headTree({ git }: AuditContext): Promise<TreeEntry[]> {
  const { code } = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], git)
  return code === 0 ? listTree('HEAD', git) : []
}

class Collector {
  readonly #context: AuditContext
  readonly #secrets = new Map<BytePath, Secret>()
  readonly #plaintexts: Plaintext[] = []
  readonly #closed: Closed[] = []
  /** Contents of a path that are there already. */
  readonly #seen = new Map<BytePath, Set<string>>()
  readonly #opened = new Map<string, Buffer | string | null>()

  constructor(context: AuditContext) {
    this.#context = context
  }

  collected(): Collected {
    return { secrets: [...this.#secrets.values()], plaintexts: this.#plaintexts, closed: this.#closed }
  }

  async addWorkFile(path: BytePath): Promise<void> {
    const top = this.#context.git.cwd
    const file = lookAtWorkFile(top, path)
    const version = 'work tree'
    if (!('stat' in file)) return
    if (file.kind === 'unreadable') return this.#close(path, version, 'no permission to read it')
    if (file.stat.size > LARGEST) return this.#close(path, version, TOO_LARGE)
    const bytes = workFileBytes(top, path)
    if (bytes !== null) this.#add(path, version, await this.#open(path, bytes))
  }

  async addBlob(path: BytePath, oid: string, version: string): Promise<void> {
    let opened = this.#opened.get(oid)
    if (opened === undefined) {
      opened = await this.#openObject(path, oid)
      // The same blob in the index and in HEAD is opened once.
      this.#opened.set(oid, opened)
    }
    this.#add(path, version, opened)
  }

  async #openObject(path: BytePath, oid: string): Promise<Buffer | string | null> {
    const info = await this.#context.catFile.info(oid)
    if (info === null) return 'git does not have the object'
    if (info.size > LARGEST) return TOO_LARGE
    const object = await this.#context.catFile.get(oid)
    return object === null ? 'git does not have the object' : this.#open(path, object.content)
  }

  /** @returns the plaintext, null where there is none (an empty file), or why it is not to be had */
  async #open(path: BytePath, content: Buffer): Promise<Buffer | string | null> {
    const opened = await openFile(path, content, await this.#context.keys.identities())
    if (opened.state === 'open') return opened.plaintext
    if (opened.state === 'plaintext') return content
    if (opened.state === 'locked') return 'no key here opens it'
    return opened.state === 'damaged' ? `it is damaged: ${opened.reason}` : null
  }

  #add(path: BytePath, version: string, opened: Buffer | string | null): void {
    const secret = this.#secretAt(path)
    if (opened === null || opened.length === 0) return
    if (typeof opened === 'string') {
      this.#close(path, version, opened)
      return
    }
    const seen = this.#seen.get(path) ?? new Set()
    this.#seen.set(path, seen)
    const content = opened.toString('latin1')
    if (seen.has(content)) return
    seen.add(content)
    this.#plaintexts.push({ secret, version, bytes: opened })
  }

  #close(path: BytePath, version: string, why: string): void {
    this.#secretAt(path)
    // What index and HEAD share is one thing to tell.
    if (
      !this.#closed.some(
        (other) => other.path === path && other.why === why && isNow(other.version) && isNow(version),
      )
    )
      this.#closed.push({ path, version, why })
  }

  #secretAt(path: BytePath): Secret {
    let secret = this.#secrets.get(path)
    if (secret === undefined) {
      const { policy, accepted } = this.#context
      const isAccepted = accepted === null || accepted.storeOf(path) !== null
      const allowed = isAccepted && policy !== null && storeOf(policy, path) === 'plaintext'
      secret = { kind: 'secret', path, allowed, below: path }
      this.#secrets.set(path, secret)
    }
    return secret
  }
}

const TOO_LARGE = 'it is larger than 64 MiB'

function isNow(version: string): boolean {
  return ['work tree', 'index', 'HEAD'].includes(version)
}
