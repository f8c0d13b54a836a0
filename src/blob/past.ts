import { CatFile } from '../git/cat-file.ts'
import { DiffTree } from '../git/diff-tree.ts'
import type { Repository } from '../git/repository.ts'
import { type GitPlace, trueView } from '../git/true-view.ts'
import { Policies } from './policies.ts'
import { Protection } from './protection.ts'
import { TreeStates } from './tree-state.ts'

/**
 * Commits of a repository as everybody sees them: replace refs, grafts and local attributes don't count. Policies and
 * sets of attributes are read once, however many commits have them.
 */
export class Past {
  readonly repo: Repository
  /** How git is to be run. */
  readonly place: GitPlace
  readonly catFile: CatFile
  readonly policies: Policies
  readonly states: TreeStates
  readonly #protection: Protection
  #trees: DiffTree | null = null

  constructor(repo: Repository, place: GitPlace) {
    this.repo = repo
    this.place = trueView(place)
    this.catFile = new CatFile(this.place)
    this.policies = new Policies(this.catFile)
    this.#protection = new Protection(this.catFile, this.place.env)
    this.states = new TreeStates(this.#protection, this.catFile)
  }

  /** The process of git that lists trees. */
  get trees(): DiffTree {
    this.#trees ??= new DiffTree(this.place, this.repo.objectFormat)
    return this.#trees
  }

  /** Ends git, and removes what was made for it. */
  close(): void {
    this.#trees?.close()
    this.catFile.close()
    this.#protection.close()
  }
}
