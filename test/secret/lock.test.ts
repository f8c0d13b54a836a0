import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { begin, findPlaintext, isAge, Person, read } from '../support/story.ts'
import { fromTemplate } from '../support/template.ts'

const MARK = 'plain-mark-59'
const FILES = ['secrets/a', 'secrets/a.b', 'secrets/sub/c', 'secrets/sub/d e\n"ü']

async function start() {
  const box = await fromTemplate('alice', ['repo'], async () => {
    const { person, dir } = await begin('alice')
    for (const file of FILES) person.box.write(join(dir, file), `${MARK} ${file}`)
    await person.git(dir, 'add', '-A')
    await person.commit(dir, 'secrets')
    return person.box
  })
  const [alice, dir] = [Person.in(box), box.path('repo')]
  const run = (args: string[], cwd = dir, env = {}) => alice.box.run('git-nixsecret', args, { cwd, env })
  const status = () => alice.git(dir, 'status', '--porcelain')
  /** Which files are ciphertext in the work tree. */
  const sealed = (top = dir) => FILES.filter((file) => isAge(read(top, file) ?? Buffer.alloc(0)))
  return { alice, dir, run, status, sealed }
}

async function clean(person: Person, dir: string) {
  assert.equal(await findPlaintext(person, dir, [MARK]), [])
}

test('lock and unlock everything; git sees no change', async () => {
  const { alice, dir, run, status, sealed } = await start()
  const lock = await run(['lock'])
  assert.is(lock.code, 0, lock.stderr)
  assert.match(lock.stderr, /locked 4 files/)
  assert.equal(sealed(), FILES)
  assert.is(await status(), '')
  assert.match((await run(['lock'])).stderr, /locked 0 files; 4 files were locked before/)
  const unlock = await run(['unlock'])
  assert.is(unlock.code, 0, unlock.stderr)
  assert.match(unlock.stderr, /unlocked 4 files/)
  assert.equal(sealed(), [])
  assert.is(read(dir, FILES[3] as string)?.toString(), `${MARK} ${FILES[3]}`)
  assert.is(await status(), '')
  assert.equal(existsSync(join(dir, '.git/nixsecret/locked/main')), false)
  await clean(alice, dir)
})

test('it is remembered over checkouts, for the named paths only, from any directory', async () => {
  const { alice, dir, run, status, sealed } = await start()
  assert.is((await run(['lock', 'sub', 'a'], join(dir, 'secrets'))).code, 0)
  const locked = ['secrets/a', 'secrets/sub/c', 'secrets/sub/d e\n"ü']
  assert.equal(sealed(), locked)
  for (const file of FILES) rmSync(join(dir, file))
  await alice.git(dir, 'checkout', '--', '.')
  assert.equal(sealed(), locked)
  await alice.git(dir, 'checkout', '-q', '--orphan', 'other')
  await alice.git(dir, 'rm', '-rq', '-f', '.')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.equal(sealed(), locked)
  await run(['unlock', 'secrets/sub/c'])
  assert.equal(sealed(), ['secrets/a', 'secrets/sub/d e\n"ü'])
  await run(['unlock', '.'])
  assert.equal(sealed(), [])
  assert.is(await status(), '')
  await clean(alice, dir)
})

test('lock refuses, and does nothing at all, where a secret would be lost', async () => {
  const { alice, dir, run, sealed } = await start()
  const cases: [string, () => Promise<unknown> | unknown, RegExp][] = [
    ['modified', () => alice.box.write(join(dir, 'secrets/a'), `${MARK} changed`), /secrets\/a\b/],
    ['untracked', () => alice.box.write(join(dir, 'secrets/new'), `${MARK} new`), /secrets\/new/],
    ['intent to add', () => alice.git(dir, 'add', '-N', 'secrets/new'), /secrets\/new/],
  ]
  for (const [what, make, named] of cases) {
    await make()
    const lock = await run(['lock'])
    assert.is(lock.code, 2, what)
    assert.match(lock.stderr, named, what)
    assert.match(lock.stderr, /^hint: git add -- /m, what)
    assert.equal(sealed(), [])
    assert.is(existsSync(join(dir, '.git/nixsecret/locked')), false)
    if (what === 'modified') await alice.git(dir, 'checkout', '--', '.')
    else if (what === 'intent to add') await alice.git(dir, 'rm', '-q', '--cached', '-f', 'secrets/new')
  }
  rmSync(join(dir, 'secrets/new'))
  await alice.git(dir, 'update-index', '--assume-unchanged', 'secrets/a')
  alice.box.write(join(dir, 'secrets/a'), `${MARK} pinned`)
  assert.is((await run(['lock'])).code, 2)
  assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} pinned`)
  // Elsewhere nothing hinders.
  assert.is((await run(['lock', 'secrets/sub'])).code, 0)
  await clean(alice, dir)
})

test('a staged but uncommitted secret is locked, and comes back', async () => {
  const { alice, dir, run, status } = await start()
  alice.box.write(join(dir, 'secrets/a'), `${MARK} staged`)
  await alice.git(dir, 'add', 'secrets/a')
  assert.is((await run(['lock'])).code, 0)
  assert.is(isAge(read(dir, 'secrets/a') as Buffer), true)
  assert.is((await run(['unlock'])).code, 0)
  assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} staged`)
  assert.is(await status(), 'M  secrets/a\n')
  await clean(alice, dir)
})

test('files that were merely touched are no obstacle, even without a key', async () => {
  const { alice, dir, run, sealed } = await start()
  await alice.box.ok('touch', FILES, { cwd: dir })
  const lock = await run(['lock'], dir, { NIXSECRET_IDENTITY: '/dev/null' })
  assert.is(lock.code, 0, lock.stderr)
  assert.equal(sealed(), FILES)
  await clean(alice, dir)
})

test('a policy that changed since is no obstacle either', async () => {
  const { alice, dir, run, sealed } = await start()
  const bob = await Person.create('bob')
  assert.is((await run(['recipient', 'add', 'bob', bob.recipient])).code, 0)
  await alice.box.ok('touch', FILES, { cwd: dir })
  const lock = await run(['lock'])
  assert.is(lock.code, 0, lock.stderr)
  assert.equal(sealed(), FILES)
  await clean(alice, dir)
})

test('unlock leaves a changed locked file alone, and names what no key opens', async () => {
  const { alice, dir, run, sealed } = await start()
  await run(['lock'])
  const changed = Buffer.concat([readFileSync(join(dir, 'secrets/a')), Buffer.from('X')])
  alice.box.write(join(dir, 'secrets/a'), changed)
  const unlock = await run(['unlock'])
  assert.is(unlock.code, 1)
  assert.match(unlock.stderr, /changed while locked, so left alone: secrets\/a\n/)
  assert.equal(sealed(), ['secrets/a'])
  assert.equal(read(dir, 'secrets/a'), changed)
  await alice.git(dir, 'checkout', '--', 'secrets/a')
  await run(['lock'])
  const keyless = await run(['unlock', '--json'], dir, { NIXSECRET_IDENTITY: '/dev/null' })
  assert.is(keyless.code, 1)
  assert.match(keyless.stderr, /no private key here opens secrets\/a, secrets\/a\.b/)
  assert.equal(JSON.parse(keyless.out), { opened: [], stillLocked: FILES, changed: [], sealed: [] })
  assert.equal(sealed(), FILES)
  assert.is((await run(['unlock'])).code, 0)
  assert.equal(sealed(), [])
  await clean(alice, dir)
})

test('lock never trusts size and times: a change that git overlooks is not destroyed', async () => {
  const { alice, dir, run, sealed, status } = await start()
  const file = join(dir, 'secrets/a')
  // git takes a file that was written in the same second as its index for suspect.
  for (const path of FILES) await alice.box.ok('touch', ['-d', '2001-01-01', path], { cwd: dir })
  await alice.git(dir, 'add', '-A')
  const other = `${MARK} SECRETS/A`
  const edit = async () => {
    await alice.box.ok('cp', ['-p', file, alice.box.path('times')])
    alice.box.write(file, other)
    await alice.box.ok('touch', ['-r', alice.box.path('times'), file])
    assert.is(await status(), '', 'git sees nothing')
  }
  await edit()
  const lock = await run(['lock'])
  assert.is(lock.code, 2)
  assert.match(lock.stderr, /^hint: git add --renormalize -- secrets\/a$/m)
  assert.is(read(dir, 'secrets/a')?.toString(), other)
  assert.equal(sealed(), [])
  await alice.git(dir, 'add', '--renormalize', '--', 'secrets/a')
  assert.is((await run(['lock'])).code, 0)
  assert.equal(sealed(), FILES)
  assert.is((await run(['unlock'])).code, 0)
  assert.is(read(dir, 'secrets/a')?.toString(), other)
  await clean(alice, dir)
})

test('what nobody here can compare is not locked either', async () => {
  const { alice, dir, run, sealed } = await start()
  // Either of them tells, without a key, that a file is what was sealed.
  for (const name of ['memo', 'seals']) rmSync(join(dir, '.git/nixsecret', name))
  const env = { NIXSECRET_IDENTITY: alice.box.path('nowhere') }
  assert.is((await run(['lock'], dir, env)).code, 2)
  assert.equal(sealed(), [])
  assert.is((await run(['lock'])).code, 0, 'a key tells')
  assert.equal(sealed(), FILES)
})

test('unlock: other ciphertext that a key here opens is to be added, not thrown away', async () => {
  const { alice, dir, run } = await start()
  assert.is((await run(['lock'])).code, 0)
  alice.box.write(join(dir, 'secrets/a'), readFileSync(join(dir, 'secrets/a.b')))
  const unlock = await run(['unlock'])
  assert.is(unlock.code, 1)
  assert.match(unlock.stderr, /^hint: git add secrets\/a && git nixsecret unlock$/m)
  assert.not.match(unlock.stderr, /git checkout/)
  await alice.git(dir, 'add', 'secrets/a')
  assert.is((await run(['unlock'])).code, 0)
  assert.equal(read(dir, 'secrets/a'), read(dir, 'secrets/a.b'))
})

test('unlock in a clone that is not set up says so', async () => {
  const { alice, dir, run } = await start()
  const clone = alice.box.path('bare-clone')
  await alice.box.ok('git', ['clone', '-q', dir, clone])
  const unlock = await run(['unlock'], clone)
  assert.is(unlock.code, 2)
  assert.match(unlock.stderr, /not set up in this clone[\s\S]*^hint: git nixsecret init$/m)
})

test('unlock leaves ciphertext alone that was changed with its size and times kept', async () => {
  const { alice, dir, run } = await start()
  assert.is((await run(['lock'])).code, 0)
  const file = join(dir, 'secrets/a')
  for (const path of FILES) await alice.box.ok('touch', ['-d', '2001-01-01', path], { cwd: dir })
  await alice.git(dir, 'add', '-A')
  const bytes = read(dir, 'secrets/a') as Buffer
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
  await alice.box.ok('cp', ['-p', file, alice.box.path('times')])
  alice.box.write(file, bytes)
  await alice.box.ok('touch', ['-r', alice.box.path('times'), file])
  const unlock = await run(['unlock'])
  assert.match(unlock.stderr, /changed while locked, so left alone: secrets\/a$/m)
  assert.equal(read(dir, 'secrets/a'), bytes)
})

test('each linked worktree is locked for itself', async () => {
  const { alice, dir, run, sealed } = await start()
  const other = alice.box.path('other')
  await alice.git(dir, 'worktree', 'add', '-q', other)
  assert.is((await run(['lock'], other)).code, 0)
  assert.equal(sealed(other), FILES)
  assert.equal(sealed(), [])
  // A copy or a backup gives git's own files new times; a move gives the worktree another place.
  const own = join(dir, '.git/worktrees/other/commondir')
  await alice.box.ok('touch', ['-d', '2100-01-01', own])
  await alice.git(dir, 'worktree', 'move', other, `${other}2`)
  for (const file of FILES) rmSync(join(`${other}2`, file))
  await alice.git(`${other}2`, 'checkout', '--', '.')
  assert.equal(sealed(`${other}2`), FILES)
  await alice.git(dir, 'worktree', 'move', `${other}2`, other)
  // One that comes after it with the same name starts open.
  await alice.git(dir, 'worktree', 'remove', other)
  await alice.git(dir, 'worktree', 'add', '-q', other, 'other')
  assert.equal(sealed(other), [])
  await clean(alice, dir)
})

test('paths that are no secrets, plaintext in git, symlinks', async () => {
  const { alice, dir, run, sealed } = await start()
  alice.box.write(join(dir, 'plain'), 'no secret')
  await alice.box.ok('touch', ['-d', '2001-01-01', 'plain'], { cwd: dir })
  await alice.git(dir, 'add', 'plain')
  assert.match((await run(['lock', 'plain'])).stderr, /plain: no \.gitattributes line makes this a secret/)
  assert.match((await run(['lock', 'nothing'])).stderr, /nothing: git knows no file there/)
  alice.box.write(join(dir, '.gitattributes'), `${read(dir, '.gitattributes')}/plain filter=nixsecret\n`)
  const late = await run(['lock', '--json', 'plain'])
  assert.is(late.code, 1)
  assert.equal(JSON.parse(late.out), { locked: [], already: [], plaintext: ['plain'] })
  await alice.box.ok('touch', ['plain'], { cwd: dir })
  assert.is(
    (await run(['lock', 'plain'])).code,
    1,
    'what git would store now is another blob of the same plaintext',
  )
  assert.is(read(dir, 'plain')?.toString(), 'no secret')
  // Behind a symlinked directory there is no work-tree file, whatever lies there.
  const outside = alice.box.path('outside')
  mkdirSync(outside)
  alice.box.write(join(outside, 'c'), `${MARK} outside`)
  rmSync(join(dir, 'secrets/sub'), { recursive: true })
  symlinkSync(outside, join(dir, 'secrets/sub'))
  assert.is((await run(['lock', 'secrets'])).code, 0)
  assert.is(readFileSync(join(outside, 'c'), 'utf8'), `${MARK} outside`)
  assert.equal(sealed(), ['secrets/a', 'secrets/a.b'])
})

test('sparse checkout: what was left out stays out', async () => {
  const { alice, dir, run, sealed } = await start()
  await alice.git(
    dir,
    'sparse-checkout',
    'set',
    '--no-cone',
    '/secrets/a',
    '/nixsecret.toml',
    '/.gitattributes',
  )
  assert.is((await run(['lock'])).code, 0)
  assert.equal(sealed(), ['secrets/a'])
  assert.is(existsSync(join(dir, 'secrets/a.b')), false)
  assert.is((await run(['unlock'])).code, 0)
  assert.is(existsSync(join(dir, 'secrets/a.b')), false)
  await clean(alice, dir)
})

test.run()
