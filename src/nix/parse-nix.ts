import type { NixFile } from './ast.ts'
import { type FlatTree, flatTree, NODE } from './flat-tree.ts'
import { lezerTree } from './lezer-tree.ts'
import { TreeReader } from './read-tree.ts'
import { TreeView } from './tree-view.ts'

/** No Nix file that anybody wrote is as large; in bytes. */
export const MAX_NIX_SIZE = 4 * 1024 * 1024

/**
 * Parses a Nix expression by the rules of Nix 2.34, and of older ones where they took more.
 * Recovers from errors and never throws: what is sound is in the tree, `errors` says where the text is not.
 * @param source the file as latin1, so that offsets are bytes
 */
export function parseNix(source: string): NixFile {
  if (source.length > MAX_NIX_SIZE) return unread(source, MAX_NIX_SIZE, 'size')
  const { tree, stoppedAt, reason } = lezerTree(source)
  if (tree === null) return unread(source, 0, 'depth')
  const flat = flatTree(tree)
  const reader = new TreeReader(new TreeView(flat, source))
  const root = reader.root()
  const errors = reader.missing.length > 0 ? inOrder(faults(flat).concat(reader.missing)) : faults(flat)
  if (stoppedAt >= 0) return { root, errors: inOrder(errors.concat(reader.tooDeep, stoppedAt)), cut: reason }
  if (reader.tooDeep.length === 0) return { root, errors }
  return { root, errors: inOrder(errors.concat(reader.tooDeep)), cut: 'depth' }
}

function unread(source: string, at: number, cut: 'size' | 'depth'): NixFile {
  return { root: { kind: 'error', items: [], from: 0, to: source.length }, errors: [at], cut }
}

function inOrder(offsets: number[]): number[] {
  return offsets.sort((a, b) => a - b)
}

/** Where Lezer had to put an error node. */
function faults(tree: FlatTree): number[] {
  const errors: number[] = []
  for (let i = 0; i < tree.length; i += NODE) if (tree.nodes[i] === 0) errors.push(tree.nodes[i + 1] ?? 0)
  return errors
}
