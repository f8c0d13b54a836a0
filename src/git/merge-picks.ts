import { type BytePath, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { CatFile } from './cat-file.ts'
import type { DiffTree } from './diff-tree.ts'
import { runGit, tryGit } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

// What a parent has at a path; empty: nothing.
type Version = string
const NOTHING = /^0+$/

/** Where git is asked; the view of it must be a true one. */
export interface MergeView {
  readonly catFile: Pick<CatFile, 'info'>
  readonly trees: Pick<DiffTree, 'replaced'>
  readonly place: GitPlace
}

/**
 * Paths that a merge took from one parent though the other side had changed them since both parted: a version comes
 * back that somebody replaced. git itself would not merge so, and lists no such path for a merge.
 * @param isAsked of which paths this is asked
 */
export async function mergePicks(
  view: MergeView,
  merge: string,
  parents: readonly string[],
  isAsked: (paths: readonly BytePath[]) => Promise<ReadonlySet<BytePath>>,
): Promise<BytePath[]> {
  const changed = await versions(view, merge, parents)
  const paths = new Set(changed.flatMap((versions) => [...versions.keys()]))
  const found: BytePath[] = []
  const bases = new Map<string, Promise<string[]>>()
  for (const path of await isAsked([...paths])) {
    const taken = parents.filter((_, i) => !changed[i]?.has(path))
    const left = parents.flatMap((parent, i) => {
      const version = changed[i]?.get(path)
      return version === undefined ? [] : [{ parent, version }]
    })
    // In none of them: git lists it.
    if (taken.length === 0) continue
    const settled = await Promise.all(left.map(({ parent, version }) => kept(parent, version)))
    if (settled.includes(false)) found.push(path)

    /** Whether one side left the path as it was where it and a side that was taken parted. */
    async function kept(parent: string, version: Version): Promise<boolean> {
      for (const side of taken) {
        const before = await Promise.all((await basesOf(side, parent)).map((base) => at(base)))
        if (before.length === 0 ? version === '' : before.every((one) => one === version)) return true
      }
      return false
    }

    async function at(commit: string): Promise<Version> {
      const name = Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)])
      return (await view.catFile.info(name))?.oid ?? ''
    }
  }
  return found

  function basesOf(one: string, other: string): Promise<string[]> {
    const key = `${one} ${other}`
    const known = bases.get(key) ?? mergeBases(view, one, other)
    bases.set(key, known)
    return known
  }
}

/** For each parent, path → what it has there, of all paths where the merge has something else. */
async function versions(
  { catFile, trees }: MergeView,
  merge: string,
  parents: readonly string[],
): Promise<Map<BytePath, Version>[]> {
  const [own = '', ...others] = await Promise.all([merge, ...parents].map(treeOf))
  const found = await trees.replaced(others, own)
  return found.map((changes) => new Map(changes.map(({ path, oid }) => [path, NOTHING.test(oid) ? '' : oid])))

  async function treeOf(commit: string): Promise<string> {
    const tree = await catFile.info(`${commit}^{tree}`)
    if (tree === null) throw new NixsecretError('git', `the tree of ${commit} is missing: try git fsck`)
    return tree.oid
  }
}

/** The best common ancestors of two commits; none where they have nothing in common. */
export async function mergeBases(
  { place }: Pick<MergeView, 'place'>,
  one: string,
  other: string,
): Promise<string[]> {
  const args = ['merge-base', '--all', one, other]
  const { code, stdout } = await tryGit(args, place)
  // 1: they have nothing in common.
  if (code > 1) await runGit(args, place)
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
}
