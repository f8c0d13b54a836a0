import type { Sandbox } from '../test/support/sandbox.ts'
import type { Contestant, Name } from './contestants.ts'
import { makeFiles, type Round, round } from './git-work.ts'
import { median } from './measure.ts'
import type { Row } from './table.ts'

type Work = keyof Round
type Progress = (text: string) => void

const WORKS: readonly Work[] = ['add', 'checkout', 'status']
const TITLES: Record<Work, string> = {
  add: 'git add',
  checkout: 'checkout',
  status: 'git status, all touched',
}
/** The most that git-nixsecret may take, as a multiple of another's time. */
const TARGETS: Record<Work, Partial<Record<Name, number>>> = {
  add: { 'git-crypt': 1 / 8, 'pass-through': 1.5 },
  checkout: { 'git-crypt': 1 / 15, 'pass-through': 1.4 },
  status: { 'pass-through': 1.3 },
}

/** Medians of each work, by contestant; the contestants take turns, each run beginning with another. */
async function rounds(
  sandbox: Sandbox,
  all: readonly Contestant[],
  count: number,
  runs: number,
  progress: Progress,
): Promise<Map<Name, Round>> {
  const taken = new Map<Name, Round[]>(all.map(({ name }) => [name, []]))
  const files = makeFiles(count)
  for (let run = 0; run < runs; run++) {
    progress(`${count} files, run ${run + 1} of ${runs}`)
    for (let turn = 0; turn < all.length; turn++) {
      const contestant = all[(run + turn) % all.length] as Contestant
      taken.get(contestant.name)?.push(await round(sandbox, contestant, files))
    }
  }
  const middle = (list: readonly Round[], work: Work) => median(list.map((one) => one[work]))
  return new Map(
    [...taken].map(([name, list]) => [
      name,
      { add: middle(list, 'add'), checkout: middle(list, 'checkout'), status: middle(list, 'status') },
    ]),
  )
}

/** `git add`, checkout and status of `count` files against every contestant. */
export async function measureFiles(
  sandbox: Sandbox,
  all: readonly Contestant[],
  count: number,
  runs: number,
  progress: Progress,
): Promise<Row[]> {
  const medians = await rounds(sandbox, all, count, runs, progress)
  const own = medians.get('git-nixsecret') as Round
  return WORKS.flatMap((work) =>
    [...medians]
      .filter(([name]) => name !== 'git-nixsecret')
      .map(([name, other]) => ({
        work: `${TITLES[work]}, ${count} × 1 KiB`,
        against: `git-nixsecret / ${name}`,
        measured: own[work] / other[work],
        target: TARGETS[work][name] ?? null,
        detail: `${own[work].toFixed(0)} ms / ${other[work].toFixed(0)} ms`,
      })),
  )
}

/** The time a file among `count` files against that among 1,000, for git-nixsecret and for the floor. */
export async function measureMany(
  sandbox: Sandbox,
  all: readonly Contestant[],
  count: number,
  runs: number,
  progress: Progress,
): Promise<Row[]> {
  const two = all.filter(({ name }) => name === 'git-nixsecret' || name === 'pass-through')
  const few = await rounds(sandbox, two, 1000, runs, progress)
  const many = await rounds(sandbox, two, count, runs, progress)
  return two.flatMap(({ name }) =>
    WORKS.map((work) => {
      const [a, b] = [(many.get(name)?.[work] ?? 0) / count, (few.get(name)?.[work] ?? 0) / 1000]
      return {
        work: `${TITLES[work]}, ${count} files, time a file`,
        against: `${name}, to that at 1000`,
        measured: a / b,
        target: name === 'git-nixsecret' ? 1.1 : null,
        detail: `${(a * 1000).toFixed(0)} µs / ${(b * 1000).toFixed(0)} µs`,
      }
    }),
  )
}
