import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nixFacts } from '../src/nix/nix-facts.ts'
import { GuardRepo } from '../test/guard/guard-repo.ts'
import { PROGRAM, type Sandbox } from '../test/support/sandbox.ts'
import { makeHistory } from './guard-history.ts'
import { measure, median } from './measure.ts'
import type { Row } from './table.ts'

/** Commits of the long history. */
const LONG = 80_000
/** Milliseconds above Node's start and git's own calls that the check of one pushed commit may take. */
const PUSH_ALLOWANCE = 60
/** Milliseconds above Node's start that the check before a commit may take. */
const COMMIT_ALLOWANCE = 300
/** The least that the Nix rules should read a second, in MB. */
const NIX_RATE = 5

/** What the guard costs. @param history a repository to take instead of one that is made */
export async function measureGuard(
  sandbox: Sandbox,
  runs: number,
  quick: boolean,
  progress: (text: string) => void,
  history?: string,
): Promise<Row[]> {
  return [
    await measureAll(sandbox, Math.min(runs, 3), quick ? 8000 : LONG, progress, history),
    ...(await measureHooks(sandbox, runs * 3, progress)),
    measureNix(progress),
  ]
}

/** `check --all`, against git's part of it alone. */
async function measureAll(
  sandbox: Sandbox,
  runs: number,
  commits: number,
  progress: (text: string) => void,
  history?: string,
): Promise<Row> {
  progress(history === undefined ? `a history of ${commits} commits` : `the history of ${history}`)
  const cwd = history ?? (await makeHistory(sandbox, commits))
  const pipe = sandbox.write(
    'pipe.sh',
    'git rev-list --topo-order --reverse --all | git diff-tree --stdin -r -c --root -z\n',
  )
  const [bare, check]: [number[], number[]] = [[], []]
  for (let run = 0; run < runs; run++) {
    bare.push((await measure('sh', [pipe], { cwd, env: sandbox.env, stdout: '/dev/null' })).ms)
    check.push((await measure(PROGRAM, ['check', '--all'], { cwd, env: sandbox.env })).ms)
  }
  const [a, b] = [median(check), median(bare)]
  return {
    work: `check --all, ${history === undefined ? `${commits} commits` : 'a history of your own'}`,
    against: 'git-nixsecret / rev-list | diff-tree',
    measured: a / b,
    target: 1.4,
    detail: `${(a / 1000).toFixed(1)} s / ${(b / 1000).toFixed(1)} s`,
  }
}

/** The hooks before a push of one commit and before a commit, against Node's start and git's own calls. */
async function measureHooks(
  sandbox: Sandbox,
  runs: number,
  progress: (text: string) => void,
): Promise<Row[]> {
  progress(`hooks, ${runs} runs`)
  const repo = new GuardRepo([], sandbox, 'hooks')
  await repo.begin()
  const modules = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`modules/m${i}.nix`, `{ services.s${i}.enable = true; }\n`]),
  )
  const base = repo.commit(modules)
  const tip = repo.commit({ 'modules/m1.nix': '{ services.s1.enable = false; }\n' })
  const pushed = sandbox.path('pushed')
  writeFileSync(pushed, `refs/heads/main ${tip} refs/heads/main ${base}\n`)
  repo.stage({ 'modules/m2.nix': '{ services.s2.enable = false; }\n' })
  const place = { cwd: repo.dir, env: sandbox.env }
  const taken = { node: [] as number[], push: [] as number[], commit: [] as number[] }
  for (let run = 0; run < runs; run++) {
    taken.node.push((await measure('node', ['-e', '0'], place)).ms)
    const push = ['hook', 'pre-push', 'origin', 'https://example.org/r.git']
    taken.push.push((await measure(PROGRAM, push, { ...place, stdin: pushed })).ms)
    taken.commit.push((await measure(PROGRAM, ['hook', 'pre-commit'], place)).ms)
  }
  const node = median(taken.node)
  const git = await gitsOwn(sandbox, repo.dir, pushed, runs, node)
  const [push, commit] = [median(taken.push), median(taken.commit)]
  return [
    {
      work: 'pre-push of one commit',
      against: 'hook − node -e 0 − git’s own calls',
      measured: push - node - git,
      unit: 'ms',
      target: PUSH_ALLOWANCE,
      detail: `${push.toFixed(0)} ms − ${node.toFixed(0)} ms − ${git.toFixed(0)} ms`,
    },
    {
      work: 'pre-commit of one file',
      against: 'hook − node -e 0',
      measured: commit - node,
      unit: 'ms',
      target: COMMIT_ALLOWANCE,
      detail: `${commit.toFixed(0)} ms − ${node.toFixed(0)} ms`,
    },
  ]
}

/** What the git commands that the hook starts cost by themselves, started by Node one after the other; a median. */
async function gitsOwn(
  sandbox: Sandbox,
  cwd: string,
  pushed: string,
  runs: number,
  node: number,
): Promise<number> {
  const trace = sandbox.path('trace')
  const args = ['hook', 'pre-push', 'origin', 'https://example.org/r.git']
  const env = { ...sandbox.env, GIT_TRACE2_EVENT: trace }
  await measure(PROGRAM, args, { cwd, env, stdin: pushed })
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"event":"start"'))
    .map((line) => (JSON.parse(line) as { argv: string[] }).argv.slice(1))
  const list = sandbox.write('calls.json', JSON.stringify(calls))
  const script = fileURLToPath(new URL('git-calls.mjs', import.meta.url))
  const times: number[] = []
  for (let run = 0; run < runs; run++)
    times.push((await measure('node', [script, list], { cwd, env: sandbox.env })).ms)
  return median(times) - node
}

/** How fast Nix files are read and judged: the fixtures of the tests, over and over. */
function measureNix(progress: (text: string) => void): Row {
  progress('Nix rules')
  const root = fileURLToPath(new URL('../test/nix', import.meta.url))
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.nix'))
    .map((name) => readFileSync(join(root, name), 'latin1'))
  const bytes = sources.reduce((sum, source) => sum + source.length, 0)
  const rates: number[] = []
  for (let round = 0; round < 9; round++) {
    const start = process.hrtime.bigint()
    let read = 0
    while (read < 4e6) {
      for (const source of sources) nixFacts(source)
      read += bytes
    }
    rates.push(read / 1e6 / (Number(process.hrtime.bigint() - start) / 1e9))
  }
  const rate = median(rates.slice(2))
  return {
    work: 'Nix rules, 5 MB of source',
    against: 'time / a second',
    measured: NIX_RATE / rate,
    target: 1,
    detail: `${rate.toFixed(1)} MB/s`,
  }
}
