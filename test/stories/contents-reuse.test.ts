import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { findPlaintext, Person, read, startRepository } from '../support/story.ts'

// Unchanged plaintext keeps its blob, and nothing that is remembered can make content wrong.
const MARK = 'plain-mark-309'
const NO_KEY = { NIXSECRET_IDENTITY: '/dev/null' }
const alice = await Person.create('alice')
const dir = await startRepository(alice)
const NAMES = Array.from({ length: 10 }, (_, i) => `secrets/${i}`)
for (const [i, name] of NAMES.entries()) alice.box.write(join(dir, name), `${MARK} ${i}\n`)
await alice.git(dir, 'add', '-A')
await alice.commit(dir, 'secrets')
const memo = join(dir, '.git/nixsecret/memo')
const IDS = await alice.git(dir, 'ls-files', '-s')

let time = 1
function touch(): void {
  time++
  for (const name of NAMES) utimesSync(join(dir, name), time, time)
}

/** Adds everything again; whether nothing changed. */
async function readd(env: Record<string, string | undefined> = {}): Promise<boolean> {
  touch()
  await alice.box.ok('git', ['add', '-A'], { cwd: dir, env })
  const same = (await alice.git(dir, 'ls-files', '-s')) === IDS
  await alice.git(dir, 'reset', '-q')
  return same
}

/** What is in the index opens to what is in the work tree. */
async function right(): Promise<void> {
  const out = alice.box.path('out')
  rmSync(out, { recursive: true, force: true })
  await alice.git(dir, 'checkout-index', '-a', `--prefix=${out}/`)
  for (const [i, name] of NAMES.entries()) assert.is(read(out, name)?.toString(), `${MARK} ${i}\n`)
}

test('with the memo no key is needed', async () => {
  assert.ok(await readd(NO_KEY))
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  rmSync(memo)
  await alice.git(dir, 'checkout', '-q', 'main')
  // Checkout has remembered what it opened.
  assert.ok(await readd(NO_KEY))
  assert.is(statSync(memo).mode & 0o777, 0o600)
  assert.is(statSync(join(dir, '.git/nixsecret')).mode & 0o777, 0o700)
})

test('with a key no memo is needed, in one file or many, process or one-shot', async () => {
  rmSync(memo)
  assert.ok(await readd())
  rmSync(memo)
  utimesSync(join(dir, 'secrets/3'), 99, 99)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  await alice.git(dir, 'config', '--unset', 'filter.nixsecret.process')
  rmSync(memo)
  assert.ok(await readd())
  assert.ok(await readd(NO_KEY))
  await alice.git(dir, 'config', 'filter.nixsecret.process', 'git-nixsecret filter-process')
})

test('a damaged memo costs time and nothing else', async () => {
  await readd()
  const good = readFileSync(memo)
  const bad = (change: (copy: Buffer) => void) => {
    const copy = Buffer.from(good)
    change(copy)
    return copy
  }
  const damages: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    random: randomBytes(good.length),
    'cut in a record': good.subarray(0, good.length - 17),
    'one byte lost at the start': good.subarray(1),
    'bytes in front': Buffer.concat([Buffer.from('xyz'), good]),
    'a hole': bad((copy) => copy.fill(0, 20, 300)),
    'last half is zeros': bad((copy) => copy.fill(0, copy.length >> 1)),
    'a bit flipped in every record': bad((copy) => {
      for (let at = 20; at < copy.length; at += 48) copy[at] = (copy[at] as number) ^ 4
    }),
    'every id is zero': bad((copy) => {
      for (let at = 0; at < copy.length; at += 48) copy.fill(0, at + 16, at + 48)
    }),
  }
  for (const [what, content] of Object.entries(damages)) {
    writeFileSync(memo, content)
    assert.ok(await readd(), what)
    await right()
    writeFileSync(memo, content)
    // Without a key it may seal anew, yet never anything but what is in the file.
    touch()
    await alice.box.ok('git', ['add', '-A'], { cwd: dir, env: NO_KEY })
    await right()
    await alice.git(dir, 'reset', '-q')
    // What is appended to a damaged file is found again.
    assert.ok(await readd(), what)
    assert.ok(await readd(NO_KEY), what)
  }
  rmSync(memo)
  await alice.box.ok('mkdir', [memo])
  assert.ok(await readd())
  rmSync(memo, { recursive: true, force: true })
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('no home, no state directory, another key for the memo: all works', async () => {
  for (const env of [
    { HOME: '/nonexistent', XDG_STATE_HOME: undefined, XDG_CONFIG_HOME: undefined },
    { XDG_STATE_HOME: '/proc/nowhere' },
    { XDG_STATE_HOME: '/dev/null' },
    { XDG_STATE_HOME: alice.box.path('other-state') },
  ]) {
    const key = { NIXSECRET_IDENTITY: join(alice.box.home, '.ssh/id_ed25519') }
    assert.ok(await readd({ ...env, ...key, GIT_CONFIG_GLOBAL: join(alice.box.home, '.gitconfig') }))
  }
  const key = join(alice.box.home, '.local/state/git-nixsecret/memo.key')
  assert.is(statSync(key).mode & 0o777, 0o600)
  truncateSync(key, 5)
  assert.ok(await readd())
  rmSync(key)
  assert.ok(await readd())
  assert.ok(existsSync(key))
  assert.ok(await readd(NO_KEY))
})

test('a git directory that nobody can write to: status and diff work', async () => {
  if (process.getuid?.() === 0) return
  chmodSync(join(dir, '.git/nixsecret'), 0o500)
  touch()
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  chmodSync(join(dir, '.git/nixsecret'), 0o700)
})

test('the memo tells nothing to who copies the git directory', async () => {
  await readd()
  const twin = alice.box.path('twin')
  await alice.box.ok('cp', ['-a', dir, twin])
  const stranger = await Person.create('stranger')
  await stranger.box.ok('git', ['config', '--global', 'safe.directory', '*'])
  for (const [i, name] of NAMES.entries()) alice.box.write(join(twin, name), `${MARK} ${i}\n`)
  await acceptAll(stranger.box, twin)
  await stranger.git(twin, 'add', '-A')
  // Another user's memo key: what is remembered is not recognised, so guessing tells nothing.
  assert.is.not(await stranger.git(twin, 'ls-files', '-s'), IDS)
  assert.equal(await findPlaintext(alice, twin, [MARK]), [])
})

test('two people seal the same plaintext: the blob of the index wins, nothing is modified', async () => {
  const bob = await Person.create('bob')
  await alice.git(dir, 'nixsecret', 'recipient', 'add', 'bob', bob.recipient)
  await alice.git(dir, 'nixsecret', 'rekey')
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'bob')
  const theirs = bob.box.path('theirs')
  await bob.box.ok('git', ['clone', '-q', dir, theirs])
  await bob.git(theirs, 'nixsecret', 'init')
  for (const [person, repo] of [
    [alice, dir],
    [bob, theirs],
  ] as const) {
    person.box.write(join(repo, 'secrets/same'), `${MARK} the same`)
    await person.git(repo, 'add', '-A')
    await person.commit(repo, 'same')
  }
  const id = (person: Person, repo: string) => person.git(repo, 'rev-parse', 'HEAD:secrets/same')
  const [one, two] = [await id(alice, dir), await id(bob, theirs)]
  assert.is.not(one, two)
  const own = readFileSync(memo)
  await alice.git(dir, 'pull', '-q', '--no-rebase', '--no-edit', theirs, 'main')
  await bob.git(theirs, 'pull', '-q', '--no-rebase', '--no-edit', dir, 'main')
  assert.is(await id(alice, dir), await id(bob, theirs))
  await alice.git(dir, 'reset', '-q', '--hard', 'HEAD^2')
  assert.is(await id(alice, dir), two)
  // Alice's memo knows her own blob of it, and no other.
  writeFileSync(memo, own)
  for (const name of ['secrets/same', ...NAMES]) utimesSync(join(dir, name), 7, 7)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  await alice.git(dir, 'add', '--renormalize', '.')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('gc of what the memo names: sealed again', async () => {
  alice.box.write(join(dir, 'secrets/gone'), `${MARK} gone`)
  await alice.git(dir, 'add', 'secrets/gone')
  const id = (await alice.git(dir, 'rev-parse', ':secrets/gone')).trim()
  await alice.git(dir, 'rm', '-q', '--cached', 'secrets/gone')
  await alice.git(dir, 'reflog', 'expire', '--expire=now', '--all')
  await alice.git(dir, 'gc', '-q', '--prune=now')
  assert.is.not((await alice.tryGit(dir, 'cat-file', '-e', id)).code, 0)
  await alice.git(dir, 'add', 'secrets/gone')
  assert.is(await alice.git(dir, 'nixsecret', 'show', 'secrets/gone'), `${MARK} gone`)
  assert.is(read(dir, 'secrets/gone')?.toString(), `${MARK} gone`)
  assert.equal(
    readdirSync(join(dir, '.git/nixsecret')).filter((name) => /spool/.test(name)),
    [],
  )
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
