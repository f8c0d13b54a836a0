import type { Sandbox } from '../test/support/sandbox.ts'
import { measure, median } from './measure.ts'
import { makeSecretHistory } from './secret-history.ts'
import type { Row } from './table.ts'

/** `access` on a long history, as a multiple of git's own look at it. */
export async function measureAccess(
  sandbox: Sandbox,
  own: string,
  identityFile: string,
  runs: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<Row[]> {
  const size = quick
    ? { secrets: 200, commits: 300, readers: 20 }
    : { secrets: 1000, commits: 1000, readers: 60 }
  progress(`access, ${runs} runs`)
  const dir = await makeSecretHistory(sandbox, 'access', own, { ...size, largest: 400 })
  const env = { ...sandbox.env, NIXSECRET_IDENTITY: identityFile }
  const place = { cwd: dir, env, stdout: '/dev/null' }
  const first = (await sandbox.ok('git', ['rev-list', '--max-parents=0', 'HEAD'], { cwd: dir })).trim()
  const kinds = {
    'as a table': ['access'],
    'since the first commit': ['access', '--since', first, '--format', 'json'],
    'as a page': ['access', '--format', 'html'],
  }
  const gits: number[] = []
  const ours = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]))
  for (let run = 0; run < runs; run++) {
    gits.push((await measure('git', ['log', '--raw', '--all', '--format=%H'], place)).ms)
    for (const [kind, args] of Object.entries(kinds))
      ours.get(kind)?.push((await measure('git-nixsecret', args, place)).ms)
  }
  return [...ours].map(([kind, times]) => ({
    work: `access ${kind}, ${size.secrets} secrets × ${size.commits} commits × ${size.readers} readers`,
    against: 'git-nixsecret / git log --raw',
    measured: median(times) / median(gits),
    target: null,
    detail: `${median(times).toFixed(0)} ms / ${median(gits).toFixed(0)} ms`,
  }))
}
