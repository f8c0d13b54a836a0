import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

// Processes that die in the middle, and commands that run at once.
const MARK = 'plain-mark-310'
const COUNT = 200
const alice = await Person.create('alice')
const dir = await startRepository(alice)
const NAMES = Array.from({ length: COUNT }, (_, i) => `secrets/${i}`)
const content = (i: number) => Buffer.alloc(i === 150 ? 3 << 20 : 4000 + i, `${MARK} ${i}\n`)
for (const [i, name] of NAMES.entries()) alice.box.write(join(dir, name), content(i))

/** A filter command that kills itself, by SIGKILL, when it has been given so many bytes. */
const DIES = alice.box.write(
  'bin/dies',
  `#!/usr/bin/env node
const { spawn } = require('node:child_process')
const child = spawn('git-nixsecret', ['filter-process'], { stdio: ['pipe', 'inherit', 'inherit'] })
let left = Number(process.argv[2])
process.stdin.on('data', (piece) => {
  left -= piece.length
  child.stdin.write(piece)
  if (left < 0) { child.kill('SIGKILL'); process.kill(process.pid, 'SIGKILL') }
})
process.stdin.on('end', () => child.stdin.end())
child.on('exit', (code) => process.exit(code ?? 1))
`,
  0o755,
)
const dying = (bytes: number) => ['-c', `filter.nixsecret.process='${DIES}' ${bytes}`]

/** Kills the real filter, found by its place in /proc, some time after the command has started it. */
async function killFilter(args: string[], after: number): Promise<number | null> {
  const child: ChildProcess = spawn('git', args, { cwd: dir, env: alice.box.env, stdio: 'ignore' })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const find = () =>
    readdirSync('/proc').find((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
        const mine = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(alice.box.dir)
        return mine && words[0] !== '/bin/sh' && words.includes('filter-process')
      } catch {
        return false
      }
    })
  for (let i = 0; i < 400 && child.exitCode === null; i++) {
    const pid = find()
    if (pid !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, after))
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {}
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return ended
}

function workTreeIsWhole(): void {
  for (const [i, name] of NAMES.entries()) assert.ok(read(dir, name)?.equals(content(i)), name)
}

async function indexIsSealed(): Promise<void> {
  const check = await alice.box.run('git-nixsecret', ['check', '--staged'], { cwd: dir })
  assert.is(check.code, 0, check.out)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
}

test('the filter dies in the middle of git add: nothing lost, nothing in plaintext, the next add works', async () => {
  for (const bytes of [100, 3000, 60_000, 900_000, 2_000_000]) {
    const add = await alice.tryGit(dir, ...dying(bytes), 'add', '-A')
    assert.is.not(add.code, 0, `${bytes}`)
    assert.is(existsSync(join(dir, '.git/index.lock')), false)
    workTreeIsWhole()
    await indexIsSealed()
  }
  if (process.platform === 'linux') {
    for (const after of [60, 120, 200]) {
      await killFilter(['add', '-A'], after)
      rmSync(join(dir, '.git/index.lock'), { force: true })
      workTreeIsWhole()
      await indexIsSealed()
      await alice.git(dir, 'rm', '-q', '-r', '--cached', '--ignore-unmatch', 'secrets')
    }
  }
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'secrets')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.is((await alice.git(dir, 'ls-files', 'secrets')).trim().split('\n').length, COUNT)
  await indexIsSealed()
})

test('git itself dies in the middle of git add', async () => {
  for (const name of NAMES) utimesSync(join(dir, name), 2, 2)
  await alice.git(dir, 'rm', '-q', '-r', '--cached', 'secrets')
  for (const after of [80, 250]) {
    const child = spawn('git', ['add', '-A'], { cwd: dir, env: alice.box.env, stdio: 'ignore' })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await new Promise((resolve) => setTimeout(resolve, after))
    child.kill('SIGKILL')
    await ended
    rmSync(join(dir, '.git/index.lock'), { force: true })
    workTreeIsWhole()
    await indexIsSealed()
  }
  await alice.git(dir, 'reset', '-q')
  for (const name of NAMES) utimesSync(join(dir, name), 3, 3)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
})

test('the filter dies in the middle of git checkout: the next one completes it', async () => {
  const deaths = [100, 3000, 200_000, 3_000_000]
  for (const bytes of deaths) {
    await alice.git(dir, 'checkout', '-q', '-f', 'HEAD~')
    rmSync(join(dir, 'secrets'), { recursive: true, force: true })
    const checkout = await alice.tryGit(dir, ...dying(bytes), 'checkout', '-q', 'main')
    assert.is.not(checkout.code, 0, `${bytes}`)
    // What is there is whole: either plaintext or not there at all.
    for (const [i, name] of NAMES.entries()) {
      const file = read(dir, name)
      assert.ok(file === null || file.equals(content(i)) || isAge(file) || file.length === 0, name)
    }
    await alice.git(dir, 'checkout', '-q', '-f', 'main')
    workTreeIsWhole()
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  }
  if (process.platform === 'linux') {
    for (const after of [60, 150]) {
      rmSync(join(dir, 'secrets'), { recursive: true })
      await killFilter(['checkout', '-q', '--', '.'], after)
      rmSync(join(dir, '.git/index.lock'), { force: true })
      await alice.git(dir, 'checkout', '-q', '-f', 'main')
      await alice.git(dir, 'reset', '-q', '--hard')
      workTreeIsWhole()
    }
  }
  await indexIsSealed()
})

test('git commands at once: in two worktrees, and status beside status', async () => {
  const twin = alice.box.path('twin')
  await alice.git(dir, 'worktree', 'add', '-q', '-b', 'twin', twin)
  assert.ok(read(twin, 'secrets/7')?.equals(content(7)))
  const change = (top: string, text: string) => {
    for (let i = 0; i < 60; i++)
      alice.box.write(join(top, `secrets/${i}`), `${MARK} ${i} ${i % 2 ? 'same' : text}`)
  }
  change(dir, 'one')
  change(twin, 'two')
  await Promise.all([alice.git(dir, 'add', '-A'), alice.git(twin, 'add', '-A')])
  await Promise.all([alice.git(dir, 'commit', '-qm', 'one'), alice.git(twin, 'commit', '-qm', 'two')])
  for (const [top, text] of [
    [dir, 'one'],
    [twin, 'two'],
  ] as const) {
    assert.is(await alice.git(top, 'nixsecret', 'show', 'secrets/8'), `${MARK} 8 ${text}`)
    assert.is(await alice.git(top, 'nixsecret', 'show', 'secrets/9'), `${MARK} 9 same`)
    for (let i = 0; i < COUNT; i++) utimesSync(join(top, `secrets/${i}`), 9, 9)
  }
  const all = [dir, dir, dir, twin, twin].map((top) => alice.git(top, 'status', '--porcelain'))
  assert.equal(await Promise.all(all), ['', '', '', '', ''])
  const memo = readFileSync(join(dir, '.git/nixsecret/memo'))
  assert.is(memo.length % 48, 0)
  await indexIsSealed()
})

test('parallel checkout', async () => {
  rmSync(join(dir, 'secrets'), { recursive: true })
  const workers = ['-c', 'checkout.workers=4', '-c', 'checkout.thresholdForParallelism=1']
  await alice.git(dir, ...workers, 'checkout', '--', '.')
  for (let i = 60; i < COUNT; i++) assert.ok(read(dir, `secrets/${i}`)?.equals(content(i)))
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.ok(isAge(await blobOf(alice, dir, ':secrets/70')))
  await indexIsSealed()
})

test.run()
