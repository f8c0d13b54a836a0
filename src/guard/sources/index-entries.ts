import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BytePath } from '../../byte-path.ts'
import { listIndex } from '../../git/list-index.ts'
import type { Origin, Step } from '../entry.ts'
import type { Inspection } from '../inspection.ts'
import type { TreeLine, TreeState } from '../tree-state.ts'

/**
 * The whole index (or the one that `GIT_INDEX_FILE` names: `git commit -a` and `git commit PATH` hand hooks another),
 * judged by its own `.gitattributes` and policy, and against HEAD and what is being merged into it.
 */
export async function* indexEntries(inspection: Inspection): AsyncGenerator<Step> {
  const lines = stageable(await listIndex(inspection.place))
  const state = await inspection.states.ofTree(lines)
  const commits = await commitsBefore(inspection)
  const parents = await Promise.all(commits.map((oid) => inspection.tree(oid)))
  const known = new Set(parents.flatMap((tree) => tree.map(key)))
  const before = await Promise.all(parents.map((tree) => inspection.states.ofTree(tree)))
  if (![state, ...before].some(({ group, policy }) => group.protects || policy !== null)) return
  const policyKept = before.some((parent) => parent.group.protects && samePolicy(parent, state))
  const entries = lines.map((line) => {
    const kept = known.has(key(line))
    const { path, mode, oid } = line
    const origin: Origin = kept ? 'kept' : 'brought'
    return { commit: null, path, mode, oid, origin, tip: false, settled: kept && policyKept, state }
  })
  const files = new Set(lines.flatMap(({ mode, path }) => (mode.startsWith('100') ? [path] : [])))
  const gone = parents.flatMap((tree) => tree.map(({ path }) => path).filter((path) => !files.has(path)))
  yield { entries, change: commits.length === 0 ? null : { parents: commits, before, gone } }
}

/** One line a path; of a path in conflict our side, as nothing else can have been committed yet. */
function stageable(lines: Awaited<ReturnType<typeof listIndex>>): TreeLine[] {
  const byPath = new Map<BytePath, TreeLine>()
  for (const line of lines) {
    if (line.stage === 0 || line.stage === 2) byPath.set(line.path, line)
  }
  return [...byPath.values()]
}

/** HEAD, and the other parents of a merge that is under way; none before the first commit. */
async function commitsBefore(inspection: Inspection): Promise<string[]> {
  const names = ['HEAD']
  const file = join(inspection.repo.gitDir, 'MERGE_HEAD')
  if (existsSync(file))
    names.push(
      ...readFileSync(file, 'latin1')
        .split('\n')
        .filter((line) => line !== ''),
    )
  const found = await Promise.all(names.map((name) => inspection.catFile.info(name)))
  return found.flatMap((info) => (info?.type === 'commit' ? [info.oid] : []))
}

function samePolicy(one: TreeState, other: TreeState): boolean {
  return one.policy?.oid === other.policy?.oid && one.policy?.mode === other.policy?.mode
}

function key({ path, mode, oid }: TreeLine): string {
  return `${mode} ${oid} ${path}`
}
