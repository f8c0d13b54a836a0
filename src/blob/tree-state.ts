import { type BytePath, pathBytes, textPath } from '../byte-path.ts'
import type { CatFile } from '../git/cat-file.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { AttributeGroup, Protection } from './protection.ts'

/** A file that says how others are to be judged: a `.gitattributes` or the policy. */
export interface RulingFile {
  readonly mode: string
  readonly oid: string
}

/** Everything in a tree that decides how its files are judged. One object for all commits where it is the same. */
export interface TreeState {
  /** `.gitattributes` files and the policy. */
  readonly files: ReadonlyMap<BytePath, RulingFile>
  readonly policy: RulingFile | null
  readonly group: AttributeGroup
}

/** Path, mode and object id: a line of a tree, of the index, or of a difference (mode `000000`: gone). */
export type TreeLine = RulingFile & { readonly path: BytePath }

/** Where the policy is. */
export const POLICY_PATH = textPath('nixsecret.toml')

/** Knows the {@link TreeState} of commits, from whole trees or from what a commit changes. */
export class TreeStates {
  readonly #protection: Protection
  readonly #catFile: CatFile
  readonly #byKey = new Map<string, Promise<TreeState>>()

  constructor(protection: Protection, catFile: CatFile) {
    this.#protection = protection
    this.#catFile = catFile
  }

  /** From everything that a tree or the index holds. */
  ofTree(lines: Iterable<TreeLine>): Promise<TreeState> {
    const files = new Map<BytePath, RulingFile>()
    for (const { path, mode, oid } of lines) if (neverEncrypted(path)) files.set(path, { mode, oid })
    return this.#intern(files)
  }

  /**
   * From a commit's parents and what it changes; of a merge `changes` has only what differs from all parents.
   * @param parents their states, at least one
   */
  async ofCommit(
    commit: string,
    parents: readonly TreeState[],
    changes: readonly TreeLine[],
  ): Promise<TreeState> {
    const ruling = changes.filter((change) => neverEncrypted(change.path))
    const first = parents[0] as TreeState
    const same = parents.every((parent) => parent === first)
    if (same && ruling.length === 0) return first
    const files = new Map(first.files)
    if (!same) await this.#settle(commit, parents, files)
    for (const { path, mode, oid } of ruling) {
      if (mode === '000000') files.delete(path)
      else files.set(path, { mode, oid })
    }
    return this.#intern(files)
  }

  /** A merge of parents that differ: which of them it took, git alone knows. */
  async #settle(
    commit: string,
    parents: readonly TreeState[],
    files: Map<BytePath, RulingFile>,
  ): Promise<void> {
    for (const path of new Set(parents.flatMap((parent) => [...parent.files.keys()]))) {
      const choices = parents.map((parent) => parent.files.get(path))
      const [one] = choices
      if (choices.every((other) => other?.oid === one?.oid && other?.mode === one?.mode)) continue
      const info = await this.#catFile.info(Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)]))
      const fitting = choices.filter((choice) => choice !== undefined && choice.oid === info?.oid)
      // A regular file before a symlink: the same bytes as both, in two parents, and the stricter view holds.
      const taken = fitting.find((choice) => choice?.mode.startsWith('100')) ?? fitting[0]
      if (taken === undefined) files.delete(path)
      else files.set(path, taken)
    }
  }

  #intern(files: ReadonlyMap<BytePath, RulingFile>): Promise<TreeState> {
    const key = [...files]
      .map(([path, { mode, oid }]) => `${mode} ${oid} ${path}`)
      .sort()
      .join('\0')
    let state = this.#byKey.get(key)
    if (state === undefined) {
      state = this.#make(files)
      this.#byKey.set(key, state)
    }
    return state
  }

  async #make(files: ReadonlyMap<BytePath, RulingFile>): Promise<TreeState> {
    const attributes = new Map<BytePath, RulingFile>()
    for (const [path, file] of files) {
      if (path !== POLICY_PATH && file.mode !== '160000') attributes.set(path, file)
    }
    const group = await this.#group(attributes)
    return { files, policy: files.get(POLICY_PATH) ?? null, group }
  }

  readonly #groups = new Map<string, Promise<AttributeGroup>>()

  #group(attributes: ReadonlyMap<BytePath, RulingFile>): Promise<AttributeGroup> {
    const key = [...attributes]
      .map(([path, file]) => `${file.mode.startsWith('100') ? 'file' : 'link'} ${file.oid} ${path}`)
      .sort()
      .join('\0')
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = this.#protection.group(attributes)
      this.#groups.set(key, group)
    }
    return group
  }
}

/** Whether two trees have the same policy. */
export function samePolicy(one: TreeState, other: TreeState): boolean {
  return one.policy?.oid === other.policy?.oid && one.policy?.mode === other.policy?.mode
}
