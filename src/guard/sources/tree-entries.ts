import type { Step } from '../entry.ts'
import type { Inspection } from '../inspection.ts'

/** Everything in the trees of commits, for content rules alone: the files as they are now. */
export async function* treeEntries(inspection: Inspection, commits: readonly string[]): AsyncGenerator<Step> {
  for (const commit of commits) {
    const lines = await inspection.tree(commit)
    const state = await inspection.states.ofTree(lines)
    const entries = lines.map(({ path, mode, oid }) => {
      return { commit, path, mode, oid, origin: 'kept' as const, tip: true, settled: false, state }
    })
    yield { commit, tip: true, state, entries, guarded: false, change: null }
  }
}
