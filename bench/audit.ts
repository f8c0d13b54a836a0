import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Person, startRepository } from '../test/support/story.ts'
import { measure, median } from './measure.ts'
import type { Row } from './table.ts'

/** Paths of the store that is made. */
const LARGE = 100_000
/** Lines in the secrets: what is searched for is some four times as many texts. */
const LINES = 60

/**
 * `audit` on a store, against `find -type f`; `audit --deep` against `grep -rlaF` with the secrets' lines on its
 * standard input. What is printed is thrown away.
 */
export async function measureAudit(
  runs: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<Row[]> {
  const person = await Person.create('nixsecret-bench-audit')
  const { box } = person
  const repo = await startRepository(person, 'repo', ['--path', 'secrets/**'])
  const next = numbers(11)
  const lines = Array.from({ length: LINES }, (_, at) => `NAME_${at}=${word(next, 32)}`)
  box.write('repo/secrets/app.env', `${lines.join('\n')}\n`)
  box.write('repo/secrets/token', `${word(next, 24)}\n`)
  await person.git(repo, 'add', '-A')
  await person.git(repo, 'commit', '-q', '-m', 'Secrets')
  const store = box.path('store')
  const paths = quick ? LARGE / 10 : LARGE
  progress(`a store of ${paths} paths`)
  makeStore(store, paths, next)
  const patterns = box.write('patterns', `${lines.join('\n')}\n`)
  const empty = { ...box.env, NIX_LOG_DIR: box.path('no-logs'), NIX_STATE_DIR: box.path('no-state') }
  const taken = { find: [] as number[], audit: [] as number[], grep: [] as number[], deep: [] as number[] }
  let peak = 0
  const grep = 'grep -rlaF -f - -- "$0" || [ $? = 1 ]'
  for (let run = 0; run < runs; run++) {
    progress(`audit, run ${run + 1} of ${runs}`)
    const place = { cwd: repo, env: empty, stdout: '/dev/null' }
    const audit = ['nixsecret', 'audit', '--store', store]
    taken.find.push((await measure('find', [store, '-type', 'f'], place)).ms)
    taken.audit.push((await measure('git', audit, place)).ms)
    taken.grep.push((await measure('sh', ['-c', grep, store], { ...place, stdin: patterns })).ms)
    const deep = await measure(join(box.bin, 'git-nixsecret'), [...audit.slice(1), '--deep'], {
      ...place,
      memory: true,
    })
    taken.deep.push(deep.ms)
    peak = Math.max(peak, deep.peakMiB)
  }
  box.remove()
  return rows(taken, peak, paths)
}

function rows(
  taken: Record<'find' | 'audit' | 'grep' | 'deep', number[]>,
  peak: number,
  paths: number,
): Row[] {
  const [find, audit, grep, deep] = [taken.find, taken.audit, taken.grep, taken.deep].map(median) as [
    number,
    number,
    number,
    number,
  ]
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  return [
    {
      work: `audit, ${paths} store paths`,
      against: 'git-nixsecret / find -type f',
      measured: audit / find,
      target: 2,
      detail: `${seconds(audit)} / ${seconds(find)}`,
    },
    {
      work: `audit --deep, ${paths} store paths`,
      against: 'git-nixsecret / grep -rlaF -f -',
      measured: deep / grep,
      target: 1.5,
      detail: `${seconds(deep)} / ${seconds(grep)}`,
    },
    {
      work: `audit --deep, ${paths} store paths, memory`,
      against: 'git-nixsecret, peak',
      measured: peak,
      target: null,
      unit: 'MiB',
      detail: `${peak.toFixed(0)} MiB`,
    },
  ]
}

/**
 * A store as they are: 45 % derivations of 2 to 4 KB, 25 % single files, 30 % directories with four files, some of
 * them binary; text of words that come again and again, and hashes.
 */
function makeStore(store: string, paths: number, next: () => number): void {
  mkdirSync(store)
  const words = Array.from({ length: 3000 }, () => word(next, 3 + next() * 6))
  const any = () => words[Math.floor(next() * words.length)] as string
  const prose = (size: number) => filled(size, () => `${any()} ${any()} ${any()} ${any()}\n`)
  const inputs = (size: number) =>
    filled(size, () => `("/nix/store/${word(next, 32)}-${any()}.drv",["out"]),`)
  for (let at = 0; at < paths; at++) {
    const path = join(store, `${word(next, 32)}-${any()}-1.${at % 10}`)
    const kind = at % 20
    if (kind < 9) writeFileSync(`${path}.drv`, `Derive([("out",${inputs(2000 + next() * 2000)}`)
    else if (kind < 14) writeFileSync(path, prose(200 + next() * 4000))
    else {
      mkdirSync(join(path, 'bin'), { recursive: true })
      mkdirSync(join(path, 'share/doc'), { recursive: true })
      writeFileSync(join(path, 'bin/x'), bytes(next, 4000 + next() * 20_000))
      for (const [name, size] of [
        ['share/doc/README', 3000],
        ['share/doc/b', 500],
        ['share/c', 1000],
      ] as const)
        writeFileSync(join(path, name), prose(size))
    }
  }
}

function filled(size: number, part: () => string): string {
  let text = ''
  while (text.length < size) text += part()
  return text.slice(0, size)
}

function bytes(next: () => number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => next() * 256)
}

function word(next: () => number, length: number): string {
  return Array.from({ length }, () => '0123456789abcdfghijklmnpqrsvwxyz'[Math.floor(next() * 32)]).join('')
}

/** The same numbers at each run (a linear congruential generator, of Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
