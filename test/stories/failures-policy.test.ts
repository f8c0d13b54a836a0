import { appendFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-308'
const alice = await Person.create('alice')
const bob = await Person.create('bob')
const template = await startRepository(alice, 'template')
for (const name of ['a', 'b']) alice.box.write(join(template, 'secrets', name), `${MARK} ${name}\n`)
alice.box.write(join(template, 'secrets/large'), Buffer.alloc(2 << 20, MARK))
alice.box.write(join(template, 'public'), 'public\n')
await alice.git(template, 'add', '-A')
await alice.commit(template, 'secrets')
const POLICY = read(template, 'nixsecret.toml')?.toString() ?? ''
const SECRETS = ['a', 'b', 'large'].map((name) => `secrets/${name}`)

let copies = 0
async function copy(): Promise<string> {
  const dir = alice.box.path(`copy-${copies++}`)
  await alice.box.ok('cp', ['-a', template, dir])
  // Other inodes: git would look at everything again.
  await alice.git(dir, 'status')
  return dir
}

const index = (dir: string) => alice.git(dir, 'ls-files', '-s', 'secrets')
const touch = (dir: string) => {
  for (const path of SECRETS) utimesSync(join(dir, path), copies, 1)
}

const BROKEN: Record<string, [content: string, message: RegExp]> = {
  'conflict markers': [`<<<<<<< ours\n${POLICY}=======\n${POLICY}>>>>>>> theirs\n`, /nixsecret\.toml/],
  'no TOML': ['version = = 1\n', /nixsecret\.toml/],
  'unknown key': [`${POLICY}\n[[rule]]\npath = "/x"\n`, /nixsecret\.toml/],
  'unknown name': [POLICY.replace('to = ["alice"]', 'to = ["zoe"]'), /zoe/],
  'a key that is none': [POLICY.replace(/alice *= ".*"/, 'alice = "age1nonsense"'), /nixsecret\.toml/],
  'nobody named': [POLICY.replace('to = ["alice"]', ''), /names no reader for secrets\/a/],
  'empty file': ['', /nixsecret\.toml/],
  'binary noise': ['\0\u0001\u0002', /nixsecret\.toml/],
}

for (const [what, [content, message]] of Object.entries(BROKEN)) {
  test(`policy with ${what}: unchanged secrets disturb nothing, a changed one is refused`, async () => {
    const dir = await copy()
    const before = await index(dir)
    alice.box.write(join(dir, 'nixsecret.toml'), content)
    touch(dir)
    assert.is(await alice.git(dir, 'status', '--porcelain'), ' M nixsecret.toml\n')
    assert.is((await alice.git(dir, 'diff', '--stat', '--', 'secrets')).trim(), '')
    touch(dir)
    alice.box.write(join(dir, 'public'), 'changed\n')
    await alice.git(dir, 'stash', '-q')
    alice.box.write(join(dir, 'nixsecret.toml'), content)
    touch(dir)
    await alice.git(dir, 'checkout', 'stash@{0}', '--', 'public')
    await alice.git(dir, 'commit', '-q', '-m', 'changes no secret', '--', 'public')
    await alice.git(dir, 'checkout', '-q', '-b', 'other', 'HEAD~')
    await alice.git(dir, 'checkout', '-q', 'main')
    for (const path of SECRETS) rmSync(join(dir, path))
    await alice.git(dir, 'checkout', '--', 'secrets')
    assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} a\n`)
    await alice.git(dir, 'add', 'secrets')
    assert.is(await index(dir), before)

    for (const path of ['secrets/a', 'secrets/large', 'secrets/new']) {
      appendFileSync(join(dir, path), `${MARK} changed`)
      const add = await alice.tryGit(dir, 'add', path)
      assert.is(add.code, 128, path)
      assert.match(add.stderr, /^git-nixsecret: error: /m)
      if (path === 'secrets/a') assert.match(add.stderr, message)
      assert.not.match(add.stderr, new RegExp(MARK))
    }
    assert.is.not((await alice.tryGit(dir, 'commit', '-qam', 'all')).code, 0)
    assert.is(await index(dir), before)
    // Once mended all of it goes in.
    alice.box.write(join(dir, 'nixsecret.toml'), POLICY)
    await alice.git(dir, 'add', '-A')
    await alice.git(dir, 'commit', '-qm', 'all')
    for (const name of ['a', 'large', 'new'])
      assert.ok(isAge(await blobOf(alice, dir, `HEAD:secrets/${name}`)))
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })
}

test('no policy in the work tree: that of the index, then of HEAD, then none', async () => {
  const dir = await copy()
  rmSync(join(dir, 'nixsecret.toml'))
  appendFileSync(join(dir, 'secrets/a'), 'one')
  await alice.git(dir, 'add', 'secrets/a')
  await alice.git(dir, 'rm', '-q', '--cached', 'nixsecret.toml')
  appendFileSync(join(dir, 'secrets/a'), 'two')
  await alice.git(dir, 'add', 'secrets/a')
  const before = await index(dir)
  await alice.git(dir, 'commit', '-q', '--no-verify', '-m', 'no policy')
  touch(dir)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  for (const path of ['secrets/a', 'secrets/large']) {
    appendFileSync(join(dir, path), 'three')
    const add = await alice.tryGit(dir, 'add', path)
    assert.is(add.code, 128)
    assert.match(add.stderr, /there is no nixsecret\.toml/)
    assert.match(add.stderr, /hint: git nixsecret init/)
  }
  assert.is(await index(dir), before)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('a policy that is a directory is a fault, and no other is taken in its place', async () => {
  const dir = await copy()
  rmSync(join(dir, 'nixsecret.toml'))
  await alice.box.ok('mkdir', [join(dir, 'nixsecret.toml')])
  appendFileSync(join(dir, 'secrets/a'), 'one')
  const added = await alice.tryGit(dir, 'add', 'secrets/a')
  assert.is.not(added.code, 0)
  assert.match(added.stderr, 'nixsecret.toml is not a regular file')
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('a reader added, then removed: touched files are sealed anew for whom the policy names', async () => {
  const dir = await copy()
  const readers = async (name: string) =>
    (await blobOf(alice, dir, `:secrets/${name}`)).toString('latin1').match(/^-> ssh-ed25519/gm)?.length
  const first = await index(dir)
  await alice.git(dir, 'nixsecret', 'recipient', 'add', 'bob', bob.recipient)
  utimesSync(join(dir, 'secrets/a'), 3, 3)
  utimesSync(join(dir, 'secrets/large'), 3, 3)
  await alice.git(dir, 'add', '-A')
  assert.equal([await readers('a'), await readers('large'), await readers('b')], [2, 2, 1])
  // What was not touched is stale, and rekey takes just that.
  const rekey = await alice.box.run('git-nixsecret', ['rekey'], { cwd: dir })
  assert.is(rekey.code, 0, rekey.stderr)
  assert.is(await readers('b'), 2)
  await alice.git(dir, 'commit', '-qm', 'bob can read')
  const asBob = { NIXSECRET_IDENTITY: join(bob.box.home, '.ssh/id_ed25519') }
  const show = () =>
    alice.box.run('git-nixsecret', ['show', 'secrets/b', '--rev', 'HEAD'], { cwd: dir, env: asBob })
  assert.is((await show()).out, `${MARK} b\n`)
  await alice.git(dir, 'nixsecret', 'recipient', 'remove', 'bob')
  touch(dir)
  // With no key too: sealing needs none, and a blob for the old readers must not be kept.
  await alice.box.ok('git', ['add', '-A'], { cwd: dir, env: { NIXSECRET_IDENTITY: '/dev/null' } })
  assert.equal([await readers('a'), await readers('b'), await readers('large')], [1, 1, 1])
  // Plaintext and readers are those of the beginning again, and so are the blobs.
  assert.is(await index(dir), first)
  await alice.git(dir, 'commit', '-qm', 'bob can read no more')
  assert.is.not((await show()).code, 0)
  assert.is((await alice.box.run('git-nixsecret', ['check', '--all'], { cwd: dir })).code, 0)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
