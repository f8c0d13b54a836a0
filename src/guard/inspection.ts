import { Policies } from '../blob/policies.ts'
import { Protection } from '../blob/protection.ts'
import { type TreeLine, TreeStates } from '../blob/tree-state.ts'
import type { Accepted } from '../blob/trust/accepted.ts'
import { acceptedHere } from '../blob/trust/accepted-here.ts'
import type { BytePath } from '../byte-path.ts'
import { CatFile } from '../git/cat-file.ts'
import { DiffTree } from '../git/diff-tree.ts'
import type { Repository } from '../git/repository.ts'
import { type GitPlace, trueView } from '../git/true-view.ts'
import type { Policy } from '../policy/policy.ts'
import { neverEncrypted, storeOf } from '../policy/readers-of.ts'
import { BlobShapes } from './blob-shapes.ts'
import { type BlobSource, GitBlobs } from './blob-source.ts'
import { ContentLook } from './content-look.ts'
import { type ContentScope, nameSpeaks } from './content-scope.ts'
import { isFile, type Origin } from './entry.ts'
import { mustFind } from './must-find.ts'
import type { Raised } from './raised.ts'

/** How far a check is. */
export interface Progress {
  readonly commits: number
  readonly total: number
}

/** Where a check is made, and who wants to know how far it is. */
export interface CheckOptions extends GitPlace {
  readonly onProgress?: (progress: Progress) => void
  /** Told once a check: all that was found and that no comment, policy or server allows, for a baseline. */
  readonly onFound?: (found: readonly Raised[]) => void
  /** Whether commits that change who reads what, or a secret, must be signed by an allowed signer. */
  readonly requireSigned?: boolean
}

/** Puts another source of content before git's. */
export type WrapSource = (git: BlobSource) => BlobSource

/** What one check works with: git, seen as a remote would see it, and everything that is looked up once. */
export class Inspection {
  readonly repo: Repository
  readonly place: GitPlace
  readonly catFile: CatFile
  /** Content of files; names of commits are for {@link catFile}. */
  readonly objects: BlobSource
  readonly blobs: BlobShapes
  readonly contents: ContentLook
  readonly policies: Policies
  readonly states: TreeStates
  readonly onProgress: (progress: Progress) => void
  readonly onFound: (found: readonly Raised[]) => void
  readonly requireSigned: boolean
  /** Commits whose changes or tree were looked at. */
  commits = 0
  /** Which content is read. */
  scope: ContentScope = 'brought'
  /** Commits that were walked, by their place in the walk: parents before children. */
  readonly order = new Map<string, number>()
  /** In a partial clone: of which files content that is not here is fetched for content rules. */
  fetches: 'named' | 'all' | 'none' = 'named'
  /** Commits that the walk came from: what was there before it. */
  readonly outside = new Set<string>()
  /** Whether this is a look back at a history that is already where it is. */
  audit = false
  /** Whether this user's own commit or push is judged, on the machine where they accept what the policy says. */
  isOwn = false
  /** The policy that is about to hold here, where one is: that of the index. */
  holding: Policy | null = null
  /** Whether the walk came to the edge of a shallow clone: what was there before is not here. */
  cutOff = false
  readonly #git: GitBlobs
  readonly #protection: Protection
  readonly #trees = new Map<string, Promise<readonly TreeLine[]>>()
  #accepted: Promise<Accepted | null> | null = null
  #diffTree: DiffTree | null = null
  #listed: ReadonlyMap<BytePath, TreeLine> = new Map()
  #byPath: { readonly commit: string; readonly lines: ReadonlyMap<BytePath, TreeLine> } | null = null

  /** @param around makes the source of content, given that of git */
  constructor(repo: Repository, options: CheckOptions, around: WrapSource = (git) => git) {
    this.repo = repo
    this.place = trueView({
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    })
    this.onProgress = options.onProgress ?? (() => {})
    this.onFound = options.onFound ?? (() => {})
    this.requireSigned = options.requireSigned ?? false
    this.catFile = new CatFile(this.place)
    this.#git = new GitBlobs(this.catFile, repo, this.place)
    this.objects = around(this.#git)
    this.blobs = new BlobShapes(this.objects)
    this.contents = new ContentLook(this.objects)
    this.policies = new Policies(this.objects)
    this.#protection = new Protection(this.objects, this.place.env)
    this.states = new TreeStates(this.#protection, this.catFile)
  }

  /** What this user has accepted; null where nobody was ever asked, as in CI. */
  accepted(): Promise<Accepted | null> {
    this.#accepted ??= acceptedHere({ repo: this.repo, catFile: this.catFile, git: this.place }, this.holding)
    return this.#accepted
  }

  /** Whether a policy, and this user, lets plaintext of a path into the Nix store. */
  async letsIntoStore(policy: Policy, path: BytePath): Promise<boolean> {
    if (storeOf(policy, path) === null) return false
    const accepted = await this.accepted()
    return accepted === null || accepted.storeOf(path) !== null
  }

  /** Whether content rules look at a file. */
  wantsContent(file: { readonly path: BytePath; readonly mode: string; readonly origin: Origin }): boolean {
    if (!isFile(file)) return false
    if (this.scope === 'whole') return true
    return file.origin !== 'kept' && (this.scope === 'brought' || nameSpeaks(file.path))
  }

  /** Has what content rules are to read here, in a partial clone too, where its name alone does not clear it. */
  async needContent(files: readonly { readonly path: BytePath; readonly oid: string }[]): Promise<void> {
    if (files.length === 0 || this.fetches === 'none') return
    if ((await this.objects.promisors()).length === 0) return
    const wanted = this.fetches === 'all' ? files : files.filter(({ path }) => nameSpeaks(path))
    await this.objects.need(wanted.map(({ oid }) => oid))
  }

  /** Has the files here that say how others are judged, in a partial clone too. */
  async needRuling(lines: readonly TreeLine[]): Promise<void> {
    if ((await this.objects.promisors()).length === 0) return
    const ruling = lines.filter(
      (line) => (isFile(line) || line.mode === '120000') && neverEncrypted(line.path),
    )
    if (ruling.length > 0) await this.objects.need(ruling.map(({ oid }) => oid))
  }

  /** The tree of a commit by path; of null, what a source that has no commit has listed. */
  async treeByPath(commit: string | null): Promise<ReadonlyMap<BytePath, TreeLine>> {
    if (commit === null) return this.#listed
    if (this.#byPath?.commit !== commit) {
      const lines = new Map((await this.tree(commit)).map((line) => [line.path, line]))
      this.#byPath = { commit, lines }
    }
    return this.#byPath.lines
  }

  /** What the index, or the work tree, has. */
  list(lines: readonly TreeLine[]): void {
    this.#listed = new Map(lines.map((line) => [line.path, line]))
  }

  /** Everything in the tree of a commit. */
  tree(commit: string): Promise<readonly TreeLine[]> {
    const known = this.#trees.get(commit)
    if (known !== undefined) return known
    const tree = this.#readTree(commit)
    // The last few only: a tip is asked for twice, and trees are large.
    if (this.#trees.size >= 4) this.#trees.delete(this.#trees.keys().next().value as string)
    this.#trees.set(commit, tree)
    return tree
  }

  /** A process of its own for a walk over many commits. The caller closes it. */
  diffTree(): DiffTree {
    return new DiffTree(this.place, this.repo.objectFormat)
  }

  /** The process that lists trees. Ends with the inspection. */
  treeReader(): DiffTree {
    this.#diffTree ??= this.diffTree()
    return this.#diffTree
  }

  close(): void {
    this.#diffTree?.close()
    this.catFile.close()
    this.#git.close()
    this.#protection.close()
  }

  async #readTree(commit: string): Promise<readonly TreeLine[]> {
    const tree = await mustFind(this.catFile, `${commit}^{tree}`, `the tree of ${commit}`)
    const lines = await this.treeReader().tree(tree.oid)
    await this.needRuling(lines)
    return lines
  }
}

/** Runs a check and ends git afterwards, whatever happens. */
export async function inspect<T>(
  repo: Repository,
  options: CheckOptions,
  work: (inspection: Inspection) => Promise<T>,
  around?: WrapSource,
): Promise<T> {
  const inspection = new Inspection(repo, options, around)
  try {
    return await work(inspection)
  } finally {
    inspection.close()
  }
}
