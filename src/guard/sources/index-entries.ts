import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { samePolicy, type TreeLine } from '../../blob/tree-state.ts'
import type { BytePath } from '../../byte-path.ts'
import { listIndex } from '../../git/list-index.ts'
import type { Origin, Step } from '../entry.ts'
import type { Inspection } from '../inspection.ts'

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
  inspection.list(lines)
  // What decides how a file is judged is as it was: then a file that is as it was is not this commit's matter.
  const rulesKept = before.some((parent) => parent.group === state.group && samePolicy(parent, state))
  const entries = lines.map((line) => {
    const kept = known.has(key(line))
    const { path, mode, oid } = line
    const origin: Origin = kept ? 'kept' : 'brought'
    return { commit: null, path, mode, oid, origin, tip: false, settled: kept && rulesKept, state }
  })
  const files = new Set(lines.flatMap(({ mode, path }) => (mode.startsWith('100') ? [path] : [])))
  const gone = parents.flatMap((tree) => tree.map(({ path }) => path).filter((path) => !files.has(path)))
  const change = commits.length === 0 ? null : { parents: commits, before, gone }
  const guarded = [state, ...before].some(({ group, policy }) => group.protects || policy !== null)
  yield { commit: null, tip: false, state, entries, guarded, change }
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

function key({ path, mode, oid }: TreeLine): string {
  return `${mode} ${oid} ${path}`
}
