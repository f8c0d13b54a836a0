import { randomFillSync } from 'node:crypto'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { has } from '../test/support/needs.ts'
import { Sandbox } from '../test/support/sandbox.ts'
import { contestants } from './contestants.ts'
import { makeRepository } from './git-work.ts'
import type { Keys } from './keys.ts'
import { type Measured, measure, median } from './measure.ts'
import type { Row } from './table.ts'

const MIB = 1 << 20
const TIMES = 1.5
const MEMORY = 200

/** One-shot clean and smudge of one large content against the `age` program with the same recipients. */
export async function measureBig(
  keys: Keys,
  mebibytes: number,
  runs: number,
  progress: (text: string) => void,
): Promise<Row[]> {
  const own = new Sandbox('nixsecret-big')
  const contestant = contestants(own, keys)[0]
  if (contestant === undefined) return []
  const cwd = await makeRepository(own, contestant)
  const [plain, sealed] = [own.path('plain'), own.path('sealed')]
  writeFileSync(plain, '')
  const block = Buffer.alloc(16 * MIB)
  for (let size = 0; size < mebibytes; size += 16) appendFileSync(plain, randomFillSync(block))
  const base = { cwd, env: own.env, memory: true }
  const to = keys.recipients.flatMap((key) => ['-r', key])
  const work = {
    clean: () =>
      measure('git-nixsecret', ['clean', 'secrets/big'], { ...base, stdin: plain, stdout: '/dev/null' }),
    smudge: () =>
      measure('git-nixsecret', ['smudge', 'secrets/big'], { ...base, stdin: sealed, stdout: '/dev/null' }),
    'age -e': () => measure('age', ['-e', ...to], { ...base, stdin: plain, stdout: '/dev/null' }),
    'age -d': () =>
      measure('age', ['-d', '-i', keys.identityFile], { ...base, stdin: sealed, stdout: '/dev/null' }),
  }
  await measure('git-nixsecret', ['clean', 'secrets/big'], { ...base, stdin: plain, stdout: sealed })
  const taken = new Map<string, Measured[]>()
  for (let run = 0; run < runs; run++) {
    progress(`${mebibytes} MiB, run ${run + 1} of ${runs}`)
    for (const [name, go] of Object.entries(work)) {
      if (name.startsWith('age') && !has('age')) continue
      taken.set(name, [...(taken.get(name) ?? []), await go()])
    }
  }
  rmSync(plain)
  own.remove()
  return rowsOf(taken, mebibytes)
}

function rowsOf(taken: ReadonlyMap<string, readonly Measured[]>, mebibytes: number): Row[] {
  const ms = (name: string) => median((taken.get(name) ?? []).map((one) => one.ms))
  const pairs = [
    ['clean', 'age -e'],
    ['smudge', 'age -d'],
  ] as const
  return pairs.flatMap(([name, other]) => {
    const peak = Math.max(...(taken.get(name) ?? []).map((one) => one.peakMiB))
    const work = `one-shot ${name} of ${mebibytes} MiB`
    const memory: Row = {
      work: `${work}, memory`,
      against: 'git-nixsecret, peak',
      measured: peak,
      unit: 'MiB',
      target: MEMORY,
      detail: `${peak.toFixed(0)} MiB`,
    }
    if (!taken.has(other)) return [memory]
    const time: Row = {
      work,
      against: `git-nixsecret / ${other}`,
      measured: ms(name) / ms(other),
      target: TIMES,
      detail: `${ms(name).toFixed(0)} ms / ${ms(other).toFixed(0)} ms`,
    }
    return [time, memory]
  })
}
