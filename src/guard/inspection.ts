import { CatFile } from '../git/cat-file.ts'
import { DiffTree } from '../git/diff-tree.ts'
import type { Repository } from '../git/repository.ts'
import { type GitPlace, trueView } from '../git/true-view.ts'
import { BlobShapes } from './blob-shapes.ts'
import { mustFind } from './must-find.ts'
import { Policies } from './policies.ts'
import { Protection } from './protection.ts'
import { type TreeLine, TreeStates } from './tree-state.ts'

/** How far a check is. */
export interface Progress {
  readonly commits: number
  readonly total: number
}

/** Where a check is made, and who wants to know how far it is. */
export interface CheckOptions extends GitPlace {
  readonly onProgress?: (progress: Progress) => void
}

/** What one check works with: git, seen as a remote would see it, and everything that is looked up once. */
export class Inspection {
  readonly repo: Repository
  readonly place: GitPlace
  readonly catFile: CatFile
  readonly blobs: BlobShapes
  readonly policies: Policies
  readonly states: TreeStates
  readonly onProgress: (progress: Progress) => void
  /** Commits whose changes or tree were looked at. */
  commits = 0
  readonly #protection: Protection
  readonly #trees = new Map<string, Promise<readonly TreeLine[]>>()
  #diffTree: DiffTree | null = null

  constructor(repo: Repository, options: CheckOptions) {
    this.repo = repo
    this.place = trueView({
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    })
    this.onProgress = options.onProgress ?? (() => {})
    this.catFile = new CatFile(this.place)
    this.blobs = new BlobShapes(this.catFile)
    this.policies = new Policies(this.catFile)
    this.#protection = new Protection(this.catFile, this.place.env)
    this.states = new TreeStates(this.#protection, this.catFile)
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

  close(): void {
    this.#diffTree?.close()
    this.catFile.close()
    this.#protection.close()
  }

  async #readTree(commit: string): Promise<readonly TreeLine[]> {
    const tree = await mustFind(this.catFile, `${commit}^{tree}`, `the tree of ${commit}`)
    this.#diffTree ??= this.diffTree()
    return this.#diffTree.tree(tree.oid)
  }
}

/** Runs a check and ends git afterwards, whatever happens. */
export async function inspect<T>(
  repo: Repository,
  options: CheckOptions,
  work: (inspection: Inspection) => Promise<T>,
): Promise<T> {
  const inspection = new Inspection(repo, options)
  try {
    return await work(inspection)
  } finally {
    inspection.close()
  }
}
