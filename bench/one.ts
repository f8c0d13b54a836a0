import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from '../test/support/sandbox.ts'
import type { Contestant, Name } from './contestants.ts'
import { makeRepository } from './git-work.ts'
import { measure, median } from './measure.ts'
import type { Row } from './table.ts'

/** Milliseconds above `node -e 0` that adding one small file may take. */
const ALLOWANCE = 30

/** `git add` of one small changed file, against the start of Node. */
export async function measureOne(
  sandbox: Sandbox,
  all: readonly Contestant[],
  runs: number,
  progress: (text: string) => void,
): Promise<Row[]> {
  progress(`one small file, ${runs} runs`)
  const dirs = new Map<Name, string>()
  for (const contestant of all) {
    const dir = await makeRepository(sandbox, contestant)
    mkdirSync(join(dir, 'secrets'))
    dirs.set(contestant.name, dir)
  }
  const taken = new Map<string, number[]>(
    ['node -e 0', ...all.map(({ name }) => name)].map((name) => [name, []]),
  )
  const start = { cwd: sandbox.dir, env: sandbox.env }
  for (let run = 0; run < runs; run++) {
    taken.get('node -e 0')?.push((await measure('node', ['-e', '0'], start)).ms)
    for (const [name, dir] of dirs) {
      writeFileSync(join(dir, 'secrets/token'), `token ${run} of ${name}\n`)
      const add = await measure('git', ['add', 'secrets/token'], { cwd: dir, env: sandbox.env })
      taken.get(name)?.push(add.ms)
    }
  }
  const node = median(taken.get('node -e 0') ?? [])
  return all.map(({ name }) => {
    const ms = median(taken.get(name) ?? [])
    return {
      work: 'git add of one small file',
      against: `${name} − node -e 0`,
      measured: ms - node,
      unit: 'ms' as const,
      target: name === 'git-nixsecret' ? ALLOWANCE : null,
      detail: `${ms.toFixed(0)} ms − ${node.toFixed(0)} ms`,
    }
  })
}
