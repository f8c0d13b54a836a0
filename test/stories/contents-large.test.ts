import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, Person, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-303'
const MIB = 1 << 20
const SIZE = 200 * MIB
const LIMIT = 200 * 1024
const alice = await Person.create('alice')
const hasProc = process.platform === 'linux'

/** A file that does not compress, with the mark in every MiB. */
function writeLarge(file: string, size: number): void {
  const block = randomBytes(MIB)
  block.write(MARK, 1000)
  const fd = openSync(file, 'w')
  for (let at = 0; at < size; at += MIB) {
    block.writeUInt32LE(at / MIB)
    writeSync(fd, block)
  }
  closeSync(fd)
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** The most resident memory that a process of ours in this directory reached while something ran, in KiB. */
async function peakWhile<T>(dir: string, work: () => Promise<T>): Promise<T> {
  let peak = 0
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        if (
          !line.includes('git-nixsecret\0') ||
          !readFileSync(`/proc/${pid}/environ`, 'latin1').includes(dir)
        )
          continue
        const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
        peak = Math.max(peak, Number(kib ?? 0))
      } catch {}
    }
  }
  const timer = setInterval(look, 15)
  let result: T
  try {
    result = await work()
  } finally {
    clearInterval(timer)
  }
  assert.ok(peak > 20_000, `no filter was seen at work (${peak} KiB)`)
  assert.ok(peak < LIMIT, `the filter took ${peak} KiB`)
  return result
}

if (hasProc) {
  test('200 MiB: added, unchanged, checked out, by the process and one-shot, in bounded memory', async () => {
    const dir = await startRepository(alice)
    const file = join(dir, 'secrets/large')
    // git's own work on 200 MiB is not what is looked at here.
    for (const key of ['core.compression', 'core.looseCompression']) await alice.git(dir, 'config', key, '0')
    alice.box.write(file, '')
    writeLarge(file, SIZE)
    const before = await digest(file)
    const watch = <T>(work: () => Promise<T>) => peakWhile(alice.box.dir, work)
    await watch(() => alice.git(dir, 'add', 'secrets/large'))
    await alice.commit(dir, 'large')
    utimesSync(file, 1, 1)
    assert.is(await watch(() => alice.git(dir, 'status', '--porcelain')), '')
    await alice.git(dir, 'checkout', '-q', 'HEAD~')
    await watch(() => alice.git(dir, 'checkout', '-q', 'main'))
    assert.is(await digest(file), before)
    assert.is(statSync(file).mode & 0o777, 0o600)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])

    await alice.git(dir, 'config', '--unset', 'filter.nixsecret.process')
    utimesSync(file, 2, 2)
    assert.is(await watch(() => alice.git(dir, 'status', '--porcelain')), '')
    await alice.git(dir, '-c', 'core.hooksPath=/dev/null', 'checkout', '-q', 'HEAD~')
    await watch(() => alice.git(dir, '-c', 'core.hooksPath=/dev/null', 'checkout', '-q', 'main'))
    assert.is(await digest(file), before)
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })
} else process.stdout.write('skipped: memory of the filter (needs /proc)\n')

test('large and unchanged: keeps its blob with no key, and with a policy that does not parse', async () => {
  const dir = await startRepository(alice, 'middle')
  const file = join(dir, 'secrets/large')
  alice.box.write(file, '')
  writeLarge(file, 3 * MIB)
  const noKey = { NIXSECRET_IDENTITY: '/dev/null' }
  await alice.box.ok('git', ['add', '-A'], { cwd: dir, env: noKey })
  await alice.box.ok('git', ['commit', '-qm', 'large'], { cwd: dir, env: noKey })
  const ids = await alice.git(dir, 'ls-files', '-s')
  const status = () => alice.box.ok('git', ['status', '--porcelain'], { cwd: dir, env: noKey })
  utimesSync(file, 1, 1)
  assert.is(await status(), '')
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  rmSync(join(dir, '.git/nixsecret/memo'))
  await alice.git(dir, 'checkout', '-q', 'main')
  utimesSync(file, 2, 2)
  await alice.box.ok('git', ['add', '-A'], { cwd: dir, env: noKey })
  assert.is(await alice.git(dir, 'ls-files', '-s'), ids)
  alice.box.write(join(dir, 'nixsecret.toml'), '<<<<<<< ours\n')
  utimesSync(file, 3, 3)
  assert.is(await status(), ' M nixsecret.toml\n')
  writeLarge(file, 2 * MIB)
  const changed = await alice.tryGit(dir, 'add', 'secrets/large')
  assert.is.not(changed.code, 0)
  assert.match(changed.stderr, /secrets\/large: .*nixsecret\.toml/)
  assert.is(await alice.git(dir, 'ls-files', '-s'), ids)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('several large files and small ones in one command', async () => {
  const dir = await startRepository(alice, 'several')
  const files = Array.from({ length: 8 }, (_, i) => join(dir, `secrets/${i}`))
  const before: string[] = []
  for (const [i, file] of files.entries()) {
    alice.box.write(file, `${MARK} ${i}`)
    if (i % 2 === 0) writeLarge(file, (i + 2) * MIB)
    before.push(await digest(file))
  }
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'files')
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.equal(await Promise.all(files.map(digest)), before)
  for (const file of files) utimesSync(file, 1, 1)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
