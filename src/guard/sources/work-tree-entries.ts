import type { TreeLine } from '../../blob/tree-state.ts'
import { type BytePath, baseName } from '../../byte-path.ts'
import { listIndex } from '../../git/list-index.ts'
import { listUntracked } from '../../git/list-untracked.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import type { Entry, Step } from '../entry.ts'
import { filesBelow } from '../files-below.ts'
import type { Inspection } from '../inspection.ts'
import type { WorkTreeBlobs } from '../work-tree-blobs.ts'

/** A work tree as it lies. */
export interface WorkTree {
  /** What git tracks, and what it would add: judged as a tree is. */
  readonly step: Step
  /** What git ignores and Nix copies all the same where it is given the directory as a `path:`. */
  readonly ignored: readonly Ignored[]
}

/** A file that git ignores. */
export type Ignored = Omit<Entry, 'oid'>

/**
 * Everything that lies in the work tree, `.git` excepted, judged by the attributes and the policy that lie there.
 * Symlinks are not followed; FIFOs, sockets and devices are none of git's or Nix's; what is not there, as in a sparse
 * checkout, is not copied either.
 */
export async function workTreeEntries(
  inspection: Inspection,
  blobs: WorkTreeBlobs,
  top: string,
): Promise<WorkTree> {
  const [index, fresh, ignored] = await Promise.all([
    listIndex(inspection.place),
    listUntracked(false, inspection.place),
    listUntracked(true, inspection.place),
  ])
  const tracked = new Map(index.map((line) => [line.path, line]))
  const lines: (TreeLine & { lies: 'tracked' | 'untracked' })[] = []
  for (const { path, mode, oid } of tracked.values()) {
    if (mode === '160000') lines.push({ path, mode, oid, lies: 'tracked' })
    else for (const line of taken(blobs.add(path))) lines.push({ ...line, lies: 'tracked' })
  }
  for (const path of fresh.files)
    for (const line of taken(blobs.add(path))) lines.push({ ...line, lies: 'untracked' })
  const apart = [...fresh.repositories, ...ignored.repositories].flatMap((dir) => filesBelow(top, dir))
  const hidden = [...ignored.files.filter((path) => !isGit(path)), ...apart]
  const rulingHidden = hidden.filter(neverEncrypted).flatMap((path) => taken(blobs.add(path)))
  const state = await inspection.states.ofTree(ruling([...lines, ...rulingHidden], [...tracked.values()]))
  inspection.list([...lines, ...rulingHidden])
  const common = { commit: null, tip: true, settled: false, origin: 'kept' as const, state }
  return {
    step: { ...common, guarded: true, change: null, entries: lines.map((line) => ({ ...common, ...line })) },
    ignored: hidden.map((path) => ({ ...common, path, mode: '100644', lies: 'ignored' })),
  }
}

/** As git reads them: what lies in the work tree, else, where that has no regular file, what the index has. */
function ruling(lines: readonly TreeLine[], tracked: readonly TreeLine[]): TreeLine[] {
  const found = lines.filter(({ path }) => neverEncrypted(path))
  const regular = new Set(found.flatMap(({ mode, path }) => (mode.startsWith('100') ? [path] : [])))
  const instead = tracked.filter(({ path }) => neverEncrypted(path) && !regular.has(path))
  const replaced = new Set(instead.map(({ path }) => path))
  return [
    ...found.filter(({ path }) => !replaced.has(path)),
    ...instead.map(({ path, mode, oid }) => ({ path, mode, oid })),
  ]
}

function taken(line: TreeLine | null): TreeLine[] {
  return line === null ? [] : [line]
}

function isGit(path: BytePath): boolean {
  return baseName(path) === '.git' || path.startsWith('.git/') || path.includes('/.git/')
}
