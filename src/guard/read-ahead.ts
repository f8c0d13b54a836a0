import { isFile } from './entry.ts'
import type { Inspection } from './inspection.ts'

const AT_ONCE = 256

/**
 * Reads what the trees of commits have, while git lists the history: it is judged later, and remembered until then.
 * What cannot be read is told of then.
 */
export async function readAhead(inspection: Inspection, commits: readonly string[]): Promise<void> {
  try {
    if ((await inspection.objects.promisors()).length > 0) return
    for (const commit of commits) {
      const lines = (await inspection.tree(commit)).filter(isFile)
      const { group } = await inspection.states.ofTree(lines)
      const drivers = await group.drivers(lines.map(({ path }) => path))
      const open = lines.filter(({ path }) => !drivers.has(path))
      for (let start = 0; start < open.length; start += AT_ONCE)
        await Promise.all(
          open.slice(start, start + AT_ONCE).map(({ path, oid }) => inspection.contents.at(path, oid)),
        )
    }
  } catch {}
}
