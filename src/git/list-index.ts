import { type BytePath, bytePath } from '../byte-path.ts'
import { type GitOptions, runGit, splitNul } from './run-git.ts'

/** One entry of the index or of a tree. */
export interface TreeEntry {
  /** As git writes it: `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string
  readonly oid: string
  /** 0, or 1 to 3 in a conflict. Always 0 in a tree. */
  readonly stage: number
  readonly path: BytePath
}

/**
 * The index, or the one that `GIT_INDEX_FILE` names.
 * @param pathspecs what to list; default everything
 */
export async function listIndex(options: GitOptions = {}, pathspecs = [':/']): Promise<TreeEntry[]> {
  return splitNul(await runGit(['ls-files', '-s', '-z', '--full-name', '--', ...pathspecs], options)).map(
    (field) => {
      const tab = field.indexOf(9)
      const [mode = '', oid = '', stage = ''] = field.subarray(0, tab).toString('latin1').split(' ')
      return { mode, oid, stage: Number(stage), path: bytePath(field.subarray(tab + 1)) }
    },
  )
}

/** Everything in the tree of a commit (or tree), submodules and symlinks included, directories not. */
export async function listTree(treeish: string, options: GitOptions = {}): Promise<TreeEntry[]> {
  return splitNul(await runGit(['ls-tree', '-r', '-z', '--full-tree', treeish], options)).map((field) => {
    const tab = field.indexOf(9)
    const [mode = '', , oid = ''] = field.subarray(0, tab).toString('latin1').split(' ')
    return { mode, oid, stage: 0, path: bytePath(field.subarray(tab + 1)) }
  })
}
