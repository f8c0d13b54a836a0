import { pathBytes } from '../byte-path.ts'
import { runGit, tryGit } from '../git/run-git.ts'
import type { Entry } from './entry.ts'
import type { Inspection } from './inspection.ts'

/** Where a commit with a finding is; it decides how the finding is mended. */
export interface Standing {
  /** Somebody else may have it. */
  readonly pushed: boolean
  /** `is`: it is HEAD; `has`: HEAD was made on it; `no`: what was judged is elsewhere, whatever HEAD has. */
  readonly head: 'is' | 'has' | 'no'
  /** Whether it has no parent. */
  readonly root: boolean
  /** A branch that has it, if known. */
  readonly branch: string | null
}

/**
 * Finds out where commits are: on a remote already, in HEAD, elsewhere.
 * In a bare repository everything that a branch or tag has counts as pushed.
 * @param tips what was judged: where HEAD is none of it, to amend HEAD would mend nothing of it
 * @param elsewhere who mends it sits in another clone, at the tip that was pushed, by whatever name the branch has there
 * @param branches commit that is pushed → the branch that it is pushed from
 */
export async function standings(
  inspection: Inspection,
  commits: readonly string[],
  tips: readonly string[],
  branches: ReadonlyMap<string, string> = new Map(),
  elsewhere = false,
): Promise<ReadonlyMap<string, Standing>> {
  const found = new Map<string, Standing>()
  if (commits.length === 0) return found
  const bare = inspection.repo.workTree === null
  const shared = bare ? ['refs/heads/', 'refs/tags/', 'refs/remotes/'] : ['refs/remotes/']
  const [known, head] = await Promise.all([
    tipsOf(inspection, shared),
    inspection.catFile.info('HEAD^{commit}'),
  ])
  const [local, outside] = await Promise.all([
    missingFrom(inspection, commits, known),
    missingFrom(inspection, commits, head === null ? [] : [head.oid]),
  ])
  const branch = branches.size === 1 ? ([...branches.values()][0] ?? null) : null
  const away = head === null || (tips.length > 0 && !tips.includes(head.oid))
  for (const oid of commits) {
    // A tree that was judged by itself stands nowhere.
    if ((await inspection.catFile.info(oid))?.type !== 'commit') continue
    const parent = await inspection.catFile.info(`${oid}^`)
    const here = away || outside.has(oid) ? 'no' : head.oid === oid ? 'is' : 'has'
    const there = tips.includes(oid) ? 'is' : 'no'
    found.set(oid, {
      pushed: !local.has(oid),
      head: elsewhere ? there : here,
      root: parent === null,
      branch: elsewhere ? null : (branches.get(oid) ?? branch),
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

/** Whether adding a file here encrypts it. */
export async function isConfigured({ place }: Inspection): Promise<boolean> {
  const { code } = await tryGit(
    ['config', '--get-regexp', '^filter\\.nixsecret\\.(clean|process)$', '.'],
    place,
  )
  return code === 0
}

/** The revision before a damaged file came, if it has whole ciphertext at that path. */
export async function wholeBefore(inspection: Inspection, { commit, path }: Entry): Promise<string | null> {
  const revision = commit === null ? 'HEAD' : `${commit.slice(0, 12)}^`
  if (path.includes('\n')) return null
  const info = await inspection.catFile.info(Buffer.concat([Buffer.from(`${revision}:`), pathBytes(path)]))
  if (info?.type !== 'blob') return null
  const { kind } = await inspection.blobs.lookAt(path, info.oid)
  return kind === 'age' || kind === 'sops' ? revision : null
}
