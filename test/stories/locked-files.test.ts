import { appendFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

// Files that are ciphertext in the work tree: no key, `lock`, or the sealed driver.
const MARK = 'plain-mark-306'
const LARGE = Buffer.alloc(3 << 20, MARK)
const alice = await Person.create('alice')
const nobody = await Person.create('nobody', { key: false })
const origin = await startRepository(alice, 'origin')
for (const name of ['a', 'b', 'c']) alice.box.write(join(origin, 'secrets', name), `${MARK} ${name}\n`)
alice.box.write(join(origin, 'secrets/large'), LARGE)
await alice.git(origin, 'add', '-A')
await alice.commit(origin, 'secrets')

let clones = 0
/** A clone in which everything is locked, for want of a key or because its owner said so. */
async function lockedClone(person: Person) {
  const dir = person.box.path(`clone-${clones++}`)
  await person.box.ok('git', ['clone', '-q', origin, dir])
  await person.git(dir, 'nixsecret', 'init')
  if (person === alice) await person.git(dir, 'nixsecret', 'lock')
  assert.ok(isAge(read(dir, 'secrets/a') as Buffer))
  return dir
}

const index = (person: Person, dir: string) => person.git(dir, 'ls-files', '-s')
const status = (person: Person, dir: string) => person.git(dir, 'status', '--porcelain')

for (const [who, person] of [
  ['without a key', nobody],
  ['with a key, after lock', alice],
] as const) {
  test(`${who}: a locked file that was touched is unchanged`, async () => {
    const dir = await lockedClone(person)
    const before = await index(person, dir)
    for (const name of ['a', 'large']) utimesSync(join(dir, 'secrets', name), 1, 1)
    assert.is(await status(person, dir), '')
    for (const name of ['a', 'large']) utimesSync(join(dir, 'secrets', name), 2, 2)
    await person.git(dir, 'add', '-A')
    await person.git(dir, 'add', '--renormalize', '.')
    assert.is(await index(person, dir), before)
    assert.equal(await findPlaintext(person, dir, [MARK]), [])
  })

  test(`${who}: a locked file that was appended to or cut is refused, and says the way out`, async () => {
    const dir = await lockedClone(person)
    const before = await index(person, dir)
    const large = read(dir, 'secrets/large') as Buffer
    appendFileSync(join(dir, 'secrets/a'), `${MARK}\n`)
    person.box.write(join(dir, 'secrets/large'), large.subarray(0, -1000))
    person.box.write(join(dir, 'secrets/b'), (read(dir, 'secrets/b') as Buffer).subarray(0, 60))
    for (const name of ['a', 'b', 'large']) {
      const add = await person.tryGit(dir, 'add', `secrets/${name}`)
      assert.is(add.code, 128)
      assert.match(
        add.stderr,
        new RegExp(`^git-nixsecret: error: secrets/${name}: locked file was changed`, 'm'),
      )
      assert.match(add.stderr, new RegExp(`^hint: git nixsecret set secrets/${name}`, 'm'))
      assert.match(add.stderr, new RegExp(`^hint: git checkout -- secrets/${name}$`, 'm'))
      assert.not.match(add.stderr, new RegExp(MARK))
    }
    assert.is.not((await person.tryGit(dir, 'commit', '-qam', 'all')).code, 0)
    assert.is(await index(person, dir), before)
    // Other files can be added, and both ways out work.
    person.box.write(join(dir, 'secrets/d'), `${MARK} d`)
    await person.git(dir, 'add', 'secrets/d')
    await person.git(dir, 'checkout', '--', 'secrets/a')
    await person.git(dir, 'checkout', '--', 'secrets/large')
    assert.ok(read(dir, 'secrets/large')?.equals(large))
    const set = ['nixsecret', 'set', 'secrets/b']
    await person.box.ok('git', set, { cwd: dir, input: `${MARK} set` })
    assert.is(await status(person, dir), 'M  secrets/b\nA  secrets/d\n')
    assert.equal(await findPlaintext(person, dir, [MARK]), [])
  })

  test(`${who}: a locked file that was replaced by plaintext is sealed`, async () => {
    const dir = await lockedClone(person)
    person.box.write(join(dir, 'secrets/a'), `${MARK} new\n`)
    person.box.write(join(dir, 'secrets/large'), LARGE.subarray(1))
    await person.git(dir, 'add', '-A')
    await person.git(dir, 'commit', '-qm', 'replaced')
    for (const name of ['a', 'large']) assert.ok(isAge(await blobOf(person, dir, `HEAD:secrets/${name}`)))
    const show = ['show', 'secrets/a', '--rev', 'HEAD']
    const env = { NIXSECRET_IDENTITY: join(alice.box.home, '.ssh/id_ed25519') }
    assert.is((await person.box.run('git-nixsecret', show, { cwd: dir, env })).out, `${MARK} new\n`)
    assert.is(await status(person, dir), '')
    assert.equal(await findPlaintext(person, dir, [MARK]), [])
  })

  test(`${who}: a locked file replaced by another one's ciphertext is taken: git has that blob`, async () => {
    const dir = await lockedClone(person)
    person.box.write(join(dir, 'secrets/a'), read(dir, 'secrets/b') as Buffer)
    await person.git(dir, 'add', '-A')
    const id = async (name: string) => (await person.git(dir, 'rev-parse', `:secrets/${name}`)).trim()
    assert.is(await id('a'), await id('b'))
    assert.equal(await findPlaintext(person, dir, [MARK]), [])
  })
}

test('a locked file with what looks like an age file is refused even where the policy is broken', async () => {
  const dir = await lockedClone(nobody)
  const before = await index(nobody, dir)
  nobody.box.write(join(dir, 'nixsecret.toml'), 'no policy')
  utimesSync(join(dir, 'secrets/b'), 5, 5)
  assert.is(await status(nobody, dir), ' M nixsecret.toml\n')
  appendFileSync(join(dir, 'secrets/a'), 'x')
  const add = await nobody.tryGit(dir, 'add', 'secrets/a')
  assert.match(add.stderr, /locked file was changed/)
  assert.is(await index(nobody, dir), before)
  assert.equal(await findPlaintext(nobody, dir, [MARK]), [])
})

test('the sealed driver: ciphertext in the work tree even with a key, plaintext is sealed on add', async () => {
  const dir = await startRepository(alice, 'sealed', ['--sealed', '--path', 'vault/**'])
  alice.box.write(join(dir, 'vault/a'), `${MARK} a`, 0o644)
  alice.box.write(join(dir, 'vault/large'), LARGE)
  alice.box.write(join(dir, 'vault/empty'), '')
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'vault')
  assert.is(await status(alice, dir), '')
  for (const name of ['a', 'large']) assert.ok(isAge(await blobOf(alice, dir, `HEAD:vault/${name}`)))
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  for (const name of ['a', 'large'])
    assert.ok(read(dir, `vault/${name}`)?.equals(await blobOf(alice, dir, `HEAD:vault/${name}`)), name)
  assert.is(statSync(join(dir, 'vault/a')).mode & 0o777, 0o644)
  for (const name of ['a', 'large', 'empty']) utimesSync(join(dir, 'vault', name), 1, 1)
  assert.is(await status(alice, dir), '')
  // The same plaintext again is the same blob; other plaintext is sealed; changed ciphertext is refused.
  const before = await index(alice, dir)
  // (git status goes by the size until then.)
  alice.box.write(join(dir, 'vault/a'), `${MARK} a`)
  await alice.git(dir, 'add', '-A')
  assert.is(await status(alice, dir), '')
  assert.is(await index(alice, dir), before)
  alice.box.write(join(dir, 'vault/a'), `${MARK} b`)
  await alice.commit(dir, 'b', '-a')
  assert.is((await alice.git(dir, 'nixsecret', 'show', 'vault/a')).toString(), `${MARK} b`)
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  appendFileSync(join(dir, 'vault/a'), 'x')
  assert.match((await alice.tryGit(dir, 'add', '-A')).stderr, /locked file was changed/)
  await alice.git(dir, 'checkout', '-q', '-f', 'main')
  // One-shot too.
  await alice.git(dir, 'config', '--unset', 'filter.nixsecret-sealed.process')
  await alice.box.ok('rm', ['-r', join(dir, 'vault')])
  await alice.git(dir, 'checkout', '--', '.')
  for (const name of ['a', 'large'])
    assert.ok(read(dir, `vault/${name}`)?.equals(await blobOf(alice, dir, `HEAD:vault/${name}`)), name)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
