import { ContentJudge } from './content-judge.ts'
import type { Inspection } from './inspection.ts'
import { type Place, type Raised, RaisedList } from './raised.ts'

/** Notes which things within files the tips still have, and where: lines move, and files change around them. */
export async function markStillThere(
  inspection: Inspection,
  raised: readonly Raised[],
  tips: readonly string[],
): Promise<readonly Raised[]> {
  if (!raised.some(isWithin)) return raised
  const judge = new ContentJudge(inspection, new RaisedList())
  const trees = await Promise.all(
    tips.map(async (commit) => ({ commit, lines: await inspection.treeByPath(commit) })),
  )
  return Promise.all(raised.map((one) => (isWithin(one) ? mark(one) : one)))

  async function mark(one: Raised): Promise<Raised> {
    const later: Place[] = []
    for (const { commit, lines } of trees) {
      const line = lines.get(one.entry.path)
      if (line === undefined) continue
      const state = await inspection.states.ofTree(lines.values())
      const entry = { ...one.entry, commit, mode: line.mode, oid: line.oid, tip: true, state }
      for (const { rule, draft } of await judge.draftsOf(entry)) {
        const same = rule === one.rule && draft.subject === one.draft.subject
        if (same && draft.line) later.push({ oid: line.oid, line: draft.line })
      }
    }
    return later.length === 0 ? one : { ...one, atTip: true, later }
  }
}

function isWithin({ draft, entry }: Raised): boolean {
  return draft.subject !== undefined && draft.line !== null && entry.commit !== null
}
