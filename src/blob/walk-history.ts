import type { BytePath } from '../byte-path.ts'
import { DIFF_BATCH, type DiffedCommits, diffCommits } from '../git/diff-commits.ts'
import { DiffTree } from '../git/diff-tree.ts'
import { type CommitLine, listCommits } from '../git/rev-list.ts'
import { runGit } from '../git/run-git.ts'
import type { Past } from './past.ts'
import type { AttributeGroup } from './protection.ts'
import type { TreeLine, TreeState } from './tree-state.ts'

/** A commit, and what it has at protected paths that its parents had not. */
export interface PastCommit extends CommitLine {
  /** Its policy and attributes. */
  readonly state: TreeState
  /**
   * Regular files that its attributes protect and that it brings or changes; of a merge, those that differ from all
   * parents. Where its attributes are others than a parent's, every file that they protect.
   */
  readonly entries: readonly TreeLine[]
  /** Paths that it takes away. */
  readonly gone: readonly BytePath[]
}

/** How far a walk is. */
export type OnProgress = (done: number, total: number) => void

/** The commits of every ref but the stash, which nobody shares, and of every HEAD, one a line. */
export async function allTips(past: Past): Promise<string[]> {
  const args = ['rev-list', '--no-walk', '--exclude=refs/stash', '--all']
  const found = await runGit(args, past.place)
  return [...new Set(found.toString('latin1').split('\n').filter(Boolean))]
}

/**
 * Every commit that can be reached from some, parents before children. git compares the trees, attributes are asked once
 * for each set of `.gitattributes` files and path.
 */
export async function* walkHistory(
  past: Past,
  tips: readonly string[],
  onProgress: OnProgress = () => {},
): AsyncGenerator<PastCommit> {
  const commits = await listCommits(tips, [], past.place)
  const long = commits.length > DIFF_BATCH
  const readers = long
    ? [new DiffTree(past.place, past.repo.objectFormat), new DiffTree(past.place, past.repo.objectFormat)]
    : [past.trees]
  const walk = new Walk(past)
  let done = 0
  try {
    for await (const batch of diffCommits(commits, readers)) {
      yield* await walk.visit(batch)
      done += batch.commits.length
      onProgress(done, commits.length)
    }
  } finally {
    if (long) for (const reader of readers) reader.close()
  }
}

class Walk {
  readonly #past: Past
  readonly #states = new Map<string, TreeState>()

  constructor(past: Past) {
    this.#past = past
  }

  async visit({ commits, changes }: DiffedCommits): Promise<PastCommit[]> {
    const found: { commit: CommitLine; state: TreeState; lines: readonly TreeLine[]; gone: BytePath[] }[] = []
    // A path is asked together with all others of the batch: each question is a process of git.
    const asked = new Map<AttributeGroup, BytePath[]>()
    for (const [i, commit] of commits.entries()) {
      const changed = changes[i] ?? []
      const before = commit.parents.map((parent) => this.#states.get(parent) as TreeState)
      const { states } = this.#past
      const state =
        before.length === 0
          ? await states.ofTree(changed)
          : await states.ofCommit(commit.oid, before, changed)
      this.#states.set(commit.oid, state)
      const whole = state.group.protects && before.some(({ group }) => group !== state.group)
      const lines = (whole ? await this.#tree(commit.oid) : changed).filter(({ mode }) =>
        mode.startsWith('100'),
      )
      const gone = changed.flatMap(({ mode, path }) => (mode.startsWith('100') ? [] : [path]))
      found.push({ commit, state, lines, gone })
      if (!state.group.protects) continue
      const paths = asked.get(state.group) ?? []
      for (const { path } of lines) paths.push(path)
      asked.set(state.group, paths)
    }
    const drivers = new Map<AttributeGroup, ReadonlyMap<BytePath, unknown>>()
    for (const [group, paths] of asked) drivers.set(group, await group.drivers(paths))
    return found.map(({ commit, state, lines, gone }) => {
      const protectedPaths = drivers.get(state.group)
      const entries = lines.filter(({ path }) => protectedPaths?.has(path) === true)
      return { ...commit, state, entries, gone }
    })
  }

  async #tree(commit: string): Promise<readonly TreeLine[]> {
    const tree = await this.#past.catFile.info(`${commit}^{tree}`)
    return tree === null ? [] : this.#past.trees.tree(tree.oid)
  }
}
