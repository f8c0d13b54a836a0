import type { Sandbox } from '../test/support/sandbox.ts'
import { measure, median } from './measure.ts'
import { makeSecretHistory } from './secret-history.ts'
import type { Row } from './table.ts'

/** `rotation` on a long history, as a multiple of git's own look at it. */
export async function measureRotation(
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
  const rows: Row[] = []
  for (const [what, largest] of [
    ['sizes from 24 to 400 bytes', 400],
    ['all of 24 bytes', 24],
  ] as const) {
    progress(`rotation, ${what}, ${runs} runs`)
    const dir = await makeSecretHistory(sandbox, `rotation${largest}`, own, { ...size, largest })
    const place = { cwd: dir, env: { ...sandbox.env, NIXSECRET_IDENTITY: identityFile } }
    const ours: number[] = []
    const gits: number[] = []
    const reads: number[] = []
    let peak = 0
    for (let run = 0; run < runs; run++) {
      gits.push(
        (await measure('git', ['log', '--raw', '--all', '--format=%H'], { ...place, stdout: '/dev/null' }))
          .ms,
      )
      const all = ['cat-file', '--batch-all-objects', '--batch']
      reads.push((await measure('git', all, { ...place, stdout: '/dev/null' })).ms)
      const taken = await measure(
        'sh',
        ['-c', 'git-nixsecret rotation --json > "$0" || [ $? = 1 ]', `${dir}.json`],
        place,
      )
      ours.push(taken.ms)
      const args = [`${sandbox.bin}/git-nixsecret`, 'rotation', '--recipient', 'own']
      if (run === 0) peak = (await measure(process.execPath, args, { ...place, memory: true })).peakMiB
    }
    const [mine, git, read] = [median(ours), median(gits), median(reads)]
    const work = `rotation, ${size.secrets} secrets × ${size.commits} commits × ${size.readers} readers, ${what}`
    const detail = `${mine.toFixed(0)} ms / ${git.toFixed(0)} ms`
    rows.push(
      { work, against: 'git-nixsecret / git log --raw', measured: mine / git, target: null, detail },
      {
        work,
        against: 'git-nixsecret / git log --raw and git cat-file of all',
        measured: mine / (git + read),
        target: 5,
        detail: `${mine.toFixed(0)} ms / ${(git + read).toFixed(0)} ms`,
      },
      {
        work: `${work}, memory`,
        against: 'git-nixsecret, peak',
        measured: peak,
        target: 300,
        unit: 'MiB',
        detail: `${peak.toFixed(0)} MiB`,
      },
    )
  }
  return rows
}
