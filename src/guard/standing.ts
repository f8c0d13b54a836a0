import { runGit } from '../git/run-git.ts'
import type { Inspection } from './inspection.ts'
import type { Standing } from './mend.ts'

/**
 * Finds out where commits are: on a remote already, in HEAD, elsewhere.
 * In a bare repository everything that a branch or tag has counts as pushed.
 * @param branches commit that is pushed → the branch that it is pushed from
 */
export async function standings(
  inspection: Inspection,
  commits: readonly string[],
  branches: ReadonlyMap<string, string> = new Map(),
): Promise<ReadonlyMap<string, Standing>> {
  const found = new Map<string, Standing>()
  if (commits.length === 0) return found
  const bare = inspection.repo.workTree === null
  const elsewhere = bare ? ['refs/heads/', 'refs/tags/', 'refs/remotes/'] : ['refs/remotes/']
  const [tips, head] = await Promise.all([
    tipsOf(inspection, elsewhere),
    inspection.catFile.info('HEAD^{commit}'),
  ])
  const [local, outside] = await Promise.all([
    missingFrom(inspection, commits, tips),
    missingFrom(inspection, commits, head === null ? [] : [head.oid]),
  ])
  const branch = branches.size === 1 ? ([...branches.values()][0] ?? null) : null
  for (const oid of commits) {
    // A tree that was judged by itself stands nowhere.
    if ((await inspection.catFile.info(oid))?.type !== 'commit') continue
    const parent = await inspection.catFile.info(`${oid}^`)
    found.set(oid, {
      pushed: !local.has(oid),
      head: head?.oid === oid ? 'is' : outside.has(oid) ? 'no' : 'has',
      root: parent === null,
      branch: branches.get(oid) ?? branch,
    })
  }
  return found
}

/** Which of the commits cannot be reached from any of these. */
async function missingFrom(inspection: Inspection, commits: readonly string[], tips: readonly string[]) {
  const known = tips.map((oid) => `^${oid}`)
  const input = Buffer.from([...commits, ...known, ''].join('\n'))
  const output = await runGit(['rev-list', '--stdin'], { ...inspection.place, input })
  return new Set(output.toString('latin1').split('\n'))
}

async function tipsOf(inspection: Inspection, prefixes: readonly string[]): Promise<string[]> {
  const args = ['for-each-ref', '--format=%(objectname)^{} %(objecttype) %(*objecttype)', ...prefixes]
  const lines = (await runGit(args, inspection.place)).toString('latin1').split('\n')
  return lines.flatMap((line) => {
    const [name, type, peeled] = line.split(' ')
    return name && (type === 'commit' || peeled === 'commit') ? [name] : []
  })
}
