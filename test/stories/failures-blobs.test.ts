import { randomBytes } from 'node:crypto'
import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-307'
const alice = await Person.create('alice')
const dir = await startRepository(alice)
alice.box.write(join(dir, 'secrets/good'), `${MARK} good\n`)
alice.box.write(join(dir, 'secrets/small'), `${MARK} small\n`)
alice.box.write(join(dir, 'secrets/large'), Buffer.alloc(3 << 20, MARK))
alice.box.write(join(dir, 'z-public'), 'public\n')
await alice.git(dir, 'add', '-A')
await alice.commit(dir, 'secrets')

/** Commits bytes as they are, as a broken disk or another tool would have left them. */
async function plant(blobs: Record<string, Buffer>): Promise<void> {
  for (const [path, input] of Object.entries(blobs)) {
    const args = ['hash-object', '-w', '--no-filters', '--stdin']
    const oid = (await alice.box.ok('git', args, { cwd: dir, input })).trim()
    await alice.git(dir, 'update-index', '--add', '--cacheinfo', `100644,${oid},${path}`)
  }
  await alice.commit(dir, 'planted')
}

function flip(blob: Buffer, at: number): Buffer {
  const copy = Buffer.from(blob)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

test('damaged and truncated blobs: clone and checkout succeed, the rest is right, each is named once', async () => {
  const small = await blobOf(alice, dir, ':secrets/small')
  const large = await blobOf(alice, dir, ':secrets/large')
  const headerEnd = small.indexOf('\n--- ') + 5 + 44
  const damaged: Record<string, Buffer> = {
    'secrets/d-flipped': flip(small, small.length - 3),
    'secrets/d-mac': flip(small, headerEnd - 10),
    'secrets/d-stanza': flip(small, small.indexOf('\n', 30) + 5),
    'secrets/d-cut': small.subarray(0, -1),
    'secrets/d-cut-header': small.subarray(0, 50),
    'secrets/d-line-only': small.subarray(0, 22),
    'secrets/d-no-payload': small.subarray(0, headerEnd),
    'secrets/d-appended': Buffer.concat([small, Buffer.from('x')]),
    'secrets/d-crlf': Buffer.from(small.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
    'secrets/d-large-cut': large.subarray(0, -70_000),
    'secrets/d-large-chunk': large.subarray(0, -(large.length % 65552) || undefined),
    'secrets/d-large-flipped': flip(large, 2 << 20),
    'secrets/d-large-header': flip(large, 30),
    'secrets/d-large-noise': Buffer.concat([Buffer.from('age-encryption.org/v1\n'), randomBytes(2 << 20)]),
  }
  await plant(damaged)
  const clone = alice.box.path('clone')
  await alice.box.ok('git', ['clone', '-q', dir, clone])
  await alice.git(clone, 'nixsecret', 'init')
  const rightTree = (top: string) => {
    for (const [path, blob] of Object.entries(damaged)) assert.ok(read(top, path)?.equals(blob), path)
    assert.is(read(top, 'secrets/good')?.toString(), `${MARK} good\n`)
    assert.ok(read(top, 'secrets/large')?.equals(Buffer.alloc(3 << 20, MARK)))
    assert.is(read(top, 'z-public')?.toString(), 'public\n')
  }
  rightTree(clone)
  rmSync(join(clone, 'secrets'), { recursive: true })
  const checkout = await alice.tryGit(clone, 'checkout', '--', '.')
  assert.is(checkout.code, 0, checkout.stderr)
  rightTree(clone)
  // One line for all of a kind, then the command that lists them.
  assert.is(checkout.stderr.split('\n').filter((line) => /damaged/.test(line)).length, 1, checkout.stderr)
  assert.match(checkout.stderr, /hint: git nixsecret status/)
  for (const path of Object.keys(damaged)) utimesSync(join(clone, path), 1, 1)
  assert.is(await alice.git(clone, 'status', '--porcelain'), '')
  const status = await alice.box.run('git-nixsecret', ['status', '--json'], { cwd: clone })
  assert.is(status.code, 1)
  const files = JSON.parse(status.out).files as { path: string; problems: { id: string }[] }[]
  for (const path of Object.keys(damaged).filter(
    (path) => !/d-stanza|d-large-flipped|d-large-header/.test(path),
  )) {
    const ids = files.find((file) => file.path === path)?.problems.map(({ id }) => id)
    assert.ok(ids?.includes('damaged'), `${path}: ${ids}`)
  }
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  assert.equal(await findPlaintext(alice, clone, [MARK]), [])
})

test('a damaged one among others is named alone, and one-shot smudge does the same', async () => {
  const small = await blobOf(alice, dir, ':secrets/small')
  await plant({ 'secrets/one': flip(small, small.length - 1) })
  for (const oneShot of [false, true]) {
    if (oneShot) await alice.git(dir, 'config', '--unset', 'filter.nixsecret.process')
    rmSync(join(dir, 'secrets'), { recursive: true, force: true })
    const checkout = await alice.tryGit(dir, 'checkout', '--', 'secrets/one', 'secrets/good')
    assert.is(checkout.code, 0)
    assert.match(checkout.stderr, /warning: damaged, left as it is in git: secrets\/one\n/)
    assert.is(read(dir, 'secrets/good')?.toString(), `${MARK} good\n`)
  }
  await alice.git(dir, 'config', 'filter.nixsecret.process', 'git-nixsecret filter-process')
  await alice.git(dir, 'checkout', '--', '.')
  // A damaged file is mended by writing it anew.
  alice.box.write(join(dir, 'secrets/one'), `${MARK} again`)
  await alice.git(dir, 'add', 'secrets/one')
  assert.is((await alice.git(dir, 'nixsecret', 'show', 'secrets/one')).toString(), `${MARK} again`)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('plaintext committed before the filter existed: renormalize seals it, check finds what history has', async () => {
  const early = 'plain-mark-before'
  const old = alice.box.path('old')
  await alice.box.ok('git', ['init', '-q', old])
  alice.box.write(join(old, 'secrets/a'), `${early} a\n`)
  alice.box.write(join(old, 'secrets/large'), Buffer.alloc(2 << 20, early))
  await alice.git(old, 'add', '-A')
  await alice.commit(old, 'plaintext')
  const init = await alice.box.run('git', ['nixsecret', 'init'], { cwd: old })
  assert.match(init.stderr, /plaintext/)
  await alice.git(old, 'add', 'nixsecret.toml', '.gitattributes')
  // Touched or not, nothing is lost, and nothing refuses to work.
  assert.is((await alice.tryGit(old, 'status', '--porcelain')).code, 0)
  await alice.git(old, 'checkout', '-q', 'HEAD', '--', '.')
  assert.is(read(old, 'secrets/a')?.toString(), `${early} a\n`)
  assert.is((await alice.box.run('git-nixsecret', ['check', '--staged'], { cwd: old })).code, 1)
  await alice.git(old, 'add', '--renormalize', '.')
  for (const name of ['a', 'large']) assert.ok(isAge(await blobOf(alice, old, `:secrets/${name}`)), name)
  assert.is((await alice.box.run('git-nixsecret', ['check', '--staged'], { cwd: old })).code, 0)
  await alice.commit(old, 'sealed')
  assert.is(await alice.git(old, 'status', '--porcelain'), '')
  const all = await alice.box.run('git-nixsecret', ['check', '--all'], { cwd: old })
  assert.is(all.code, 1)
  assert.match(all.out, /secrets\/a/)
  // The old object is git's, for `check` to find and for its owner to rotate.
  assert.is((await blobOf(alice, old, 'HEAD~:secrets/a')).toString(), `${early} a\n`)
  await alice.git(old, 'checkout', '-q', 'HEAD~')
  await alice.git(old, 'checkout', '-q', 'main')
  assert.is(read(old, 'secrets/a')?.toString(), `${early} a\n`)
})

test.run()
