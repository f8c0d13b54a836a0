// What `npm test` runs: type check, lint and import rule, then every test/**/*.test.ts in a process of its own.
// Arguments filter by substring of the name. NIXSECRET_REQUIRE_ALL=1 makes everything that is skipped a failure.
// The last line is always `N passed, N failed`.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { bundleTest, canBundle } from './support/bundle-test.ts'

interface Job {
  readonly name: string
  readonly args: readonly string[]
  /** What the test file is bundled to before it runs. */
  readonly bundle?: string
  /** A check counts as one; a test file counts as the tests in it. */
  readonly kind: 'check' | 'file'
}

interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
  readonly late: boolean
}

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
  /** Why the job failed, beyond what it printed. */
  readonly reason?: string
}

/** The most that one job may take, in milliseconds. */
const LIMIT = Number(process.env.NIXSECRET_TEST_LIMIT ?? 600_000)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
// Every sandbox lies below it, so that what a test leaves behind can be told from the tester's own processes.
const TEMP = mkdtempSync(join(tmpdir(), 'nst-'))
// Some tests are also another user.
chmodSync(TEMP, 0o711)
const BUNDLES = join(ROOT, `node_modules/.cache/nixsecret-tests-${process.pid}`)
const running = new Set<number>()

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: TEMP, NO_COLOR: '1' }
  // What a tester's shell or a surrounding git command set must not reach a test; the last costs 70 ms a start.
  for (const name of Object.keys(env)) if (/^(GIT_|NIXSECRET_IDENTITY$)/.test(name)) delete env[name]
  for (const name of ['FORCE_COLOR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']) delete env[name]
  return env
}

function checks(): Job[] {
  const bin = (name: string) => join(ROOT, 'node_modules/.bin', name)
  const all: [string, string, ...string[]][] = [
    ['types (tsc)', 'tsc'],
    ['lint (biome)', 'biome', 'check', '.'],
    ['imports (dependency-cruiser)', 'depcruise', '--config', '.dependency-cruiser.cjs', 'src'],
  ]
  return all.map(([name, program, ...args]) => ({ name, args: [bin(program), ...args], kind: 'check' }))
}

/** All test files, those that start most programs first, so that no slow one runs alone at the end. */
function files(): Job[] {
  const found = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => ({ path: `test/${path}`, source: readFileSync(join(ROOT, 'test', path), 'utf8') }))
    .map(({ path, source }) => ({ path, weight: weigh(source), bundled: canBundle(source) }))
    .sort((a, b) => b.weight - a.weight || (a.path < b.path ? -1 : 1))
  return found.map(({ path, bundled }) => {
    if (!bundled) return { name: path, args: [process.execPath, '--import', 'tsx', path], kind: 'file' }
    const bundle = join(BUNDLES, path.replace(/ts$/, 'mjs'))
    return { name: path, args: [process.execPath, '--enable-source-maps', bundle], bundle, kind: 'file' }
  })
}

// By itself, or by what it imports of other tests.
const STARTS_PROGRAMS = /\bSandbox\b|\bspawn|from '(?!(\.\.\/)+src\/)\.{1,2}\//

function weigh(source: string): number {
  return source.length * (STARTS_PROGRAMS.test(source) ? 20 : 1)
}

/** Processes that descend from `pid`, and whatever runs in a sandbox; only where there is a /proc. */
function processes(wanted: (pid: number, parent: number) => boolean): number[] {
  let pids: string[]
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state !== 'Z' && wanted(pid, Number(parent))
    } catch {
      return false
    }
  })
}

function kill(pid: number): void {
  // Tests start programs in sessions of their own, so the process group alone is not everything.
  const tree = [pid]
  for (const parent of tree) tree.push(...processes((_, p) => p === parent))
  for (const target of [-pid, ...tree]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {}
  }
}

async function run(job: Job): Promise<Ending> {
  try {
    if (job.bundle !== undefined) await bundleTest(join(ROOT, job.name), job.bundle)
  } catch (error) {
    return { code: 1, signal: null, output: (error as Error).message, late: false }
  }
  return start(job)
}

function start(job: Job): Promise<Ending> {
  return new Promise((resolve) => {
    const [program = '', ...args] = job.args
    const child = spawn(program, args, {
      cwd: ROOT,
      env: environment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const pid = child.pid
    if (pid !== undefined) running.add(pid)
    let output = ''
    let late = false
    let grace: NodeJS.Timeout | undefined
    const timer = setTimeout(() => {
      late = true
      if (pid !== undefined) kill(pid)
    }, LIMIT)
    const done = (code: number | null, signal: string | null) => {
      clearTimeout(timer)
      clearTimeout(grace)
      if (pid !== undefined) running.delete(pid)
      resolve({ code, signal, output, late })
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', (error) => {
      output += `${error.message}\n`
      done(127, null)
    })
    // A process left behind may hold the pipe open: the tests themselves have ended.
    child.on('exit', (code, signal) => {
      grace = setTimeout(() => done(code, signal), 2000)
    })
    child.on('close', done)
  })
}

function judge(job: Job, end: Ending): Tally {
  const text = stripVTControlCharacters(end.output)
  const how = end.late
    ? `took longer than ${LIMIT / 1000} s`
    : end.signal === null
      ? `exit code ${end.code}`
      : `killed by ${end.signal}`
  const bad = end.late || end.code !== 0
  if (job.kind === 'check')
    return bad ? { passed: 0, failed: 1, skipped: [], reason: how } : { passed: 1, failed: 0, skipped: [] }
  const skipped = [...text.matchAll(/^.*?(skipped: .+)$/gm)].map((match) => (match[1] ?? '').trim())
  const summary = [...text.matchAll(/^ *Total: +(\d+)\n *Passed: +(\d+)\n *Skipped: +(\d+)$/gm)].at(-1)
  if (summary === undefined)
    return { passed: 0, failed: 1, skipped, reason: `${how}, and no summary of its tests` }
  const [total = 0, passed = 0, left = 0] = summary.slice(1).map(Number)
  if (left > 0) skipped.push(`skipped: ${left} of ${job.name} (marked skip, or not marked only)`)
  if (total === 0 && skipped.length === 0) return { passed, failed: 1, skipped, reason: 'holds no test' }
  // uvu exits 0 after a failing `before`, and a fault after the last test shows in the exit code alone.
  const failed = total - passed || (bad ? 1 : 0)
  return failed === 0 ? { passed, failed, skipped } : { passed, failed, skipped, reason: how }
}

function report(job: Job, end: Ending, tally: Tally, seconds: string): void {
  const count = job.kind === 'file' ? `, ${tally.passed} passed` : ''
  if (tally.failed === 0) {
    process.stdout.write(`ok    ${job.name} (${seconds} s${count})\n`)
    return
  }
  const rule = '─'.repeat(40)
  process.stdout.write(
    `${rule}\n${end.output.trimEnd()}\n${rule}\nFAIL  ${job.name} (${seconds} s${count}): ${tally.reason}\n`,
  )
}

/** Ends what tests left running, after a moment in which daemons may notice that their directory is gone. */
async function leftovers(): Promise<string[]> {
  const inSandbox = (pid: number) => {
    if (pid === process.pid) return false
    const cwd = readlinkSync(`/proc/${pid}/cwd`)
    return cwd.startsWith(TEMP) || readFileSync(`/proc/${pid}/environ`, 'latin1').includes(TEMP)
  }
  let left = processes(inSandbox)
  for (let tries = 0; left.length > 0 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    left = processes(inSandbox)
  }
  return left.map((pid) => {
    let command = '?'
    try {
      command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      process.kill(pid, 'SIGKILL')
    } catch {}
    return `${pid} ${command}`
  })
}

async function main(): Promise<void> {
  const filters = process.argv.slice(2)
  const all = [...checks(), ...files()]
  const jobs = all.filter(({ name }) => filters.length === 0 || filters.some((text) => name.includes(text)))
  const skipped = new Set<string>()
  let passed = 0
  let failed = jobs.length === 0 ? 1 : 0
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const start = Date.now()
      const end = await run(job)
      const tally = judge(job, end)
      report(job, end, tally, ((Date.now() - start) / 1000).toFixed(1))
      passed += tally.passed
      failed += tally.failed
      for (const line of tally.skipped) skipped.add(line)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker))
  const left = await leftovers()
  for (const line of left) process.stdout.write(`FAIL  left running: ${line}\n`)
  failed += left.length
  for (const line of [...skipped].sort()) process.stdout.write(`${line}\n`)
  if (process.env.NIXSECRET_REQUIRE_ALL === '1') failed += skipped.size
  process.exitCode = failed === 0 ? 0 : 1
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
}

process.on('exit', () => {
  for (const dir of [TEMP, BUNDLES]) rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const pid of running) kill(pid)
    process.exit(130)
  })
}
await main()
