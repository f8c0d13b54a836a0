import { randomBytes } from 'node:crypto'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { enarmor } from '../../src/age/armor.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

// What a review found in clean and smudge.
const MARK = 'plain-mark-771'
const MIB = 1 << 20
const alice = await Person.create('alice')
const stranger = await Person.create('stranger')

function large(mebibytes = 2): Buffer {
  const bytes = randomBytes(mebibytes * MIB)
  bytes.write(MARK, 1000)
  return bytes
}

async function sealedFor(person: Person, plaintext: Buffer | string): Promise<Buffer> {
  return sealBytes(await prepareHeader([parseRecipient(person.recipient)]), Buffer.from(plaintext))
}

/** A repository with this in it, committed. */
async function repository(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const dir = await startRepository(alice, name)
  for (const [path, content] of Object.entries(files)) alice.box.write(join(dir, path), content, 0o600)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'files', '--allow-empty')
  return dir
}

let time = 1
async function touchedStatus(dir: string, paths: readonly string[], env = {}): Promise<string> {
  for (const path of paths) utimesSync(join(dir, path), ++time, time)
  return alice.box.ok('git', ['status', '--porcelain'], { cwd: dir, env })
}

test('a secret that is an age file itself keeps its blob while it is unchanged', async () => {
  const dir = await repository('nested', {})
  const nested = {
    'secrets/small': await sealedFor(alice, MARK),
    'secrets/large': await sealedFor(alice, large()),
  }
  for (const [path, inner] of Object.entries(nested)) {
    const input = await sealedFor(alice, inner)
    const set = await alice.box.run('git', ['nixsecret', 'set', '--sealed', path], { cwd: dir, input })
    assert.is(set.code, 0, set.stderr)
  }
  await alice.commit(dir, 'nested')
  for (const path of Object.keys(nested)) rmSync(join(dir, path), { force: true })
  await alice.git(dir, 'checkout', '--', '.')
  for (const [path, inner] of Object.entries(nested)) {
    assert.ok(read(dir, path)?.equals(inner), path)
    assert.not.ok((await blobOf(alice, dir, `HEAD:${path}`)).equals(inner))
  }
  assert.is(await touchedStatus(dir, Object.keys(nested)), '')
  rmSync(join(dir, '.git/nixsecret/memo'))
  assert.is(await touchedStatus(dir, Object.keys(nested)), '')
  await alice.git(dir, 'add', '-A')
  assert.is(await alice.git(dir, 'diff', '--cached', '--name-only'), '')
})

test('a blob that git hands over in place of another is not taken for that one', async () => {
  const paths = Array.from({ length: 12 }, (_, i) => `secrets/${i}`)
  const first = Object.fromEntries(paths.map((path, i) => [path, i === 0 ? large() : `${MARK} ${i} v1\n`]))
  const dir = await repository('replaced', first)
  const before = await Promise.all(paths.map((path) => alice.git(dir, 'rev-parse', `HEAD:${path}`)))
  for (const [i, path] of paths.entries())
    alice.box.write(join(dir, path), i === 0 ? large() : `${MARK} ${i} v2\n`)
  await alice.commit(dir, 'v2', '-a')
  for (const [i, path] of paths.entries()) {
    const now = await alice.git(dir, 'rev-parse', `HEAD:${path}`)
    await alice.git(dir, 'replace', (before[i] as string).trim(), now.trim())
  }
  rmSync(join(dir, '.git/nixsecret/memo'))
  const clone = alice.box.path('replaced-clone')
  await alice.git(dir, 'worktree', 'add', '-q', clone, 'HEAD~')
  for (const id of before) await alice.git(dir, 'replace', '-d', id.trim())
  const status = await touchedStatus(clone, paths)
  assert.is(status.split('\n').filter(Boolean).length, paths.length, status)
})

const nowhere = { TMPDIR: '/dev/null/nowhere', XDG_RUNTIME_DIR: undefined }

for (const [name, env] of Object.entries({ elsewhere: {}, nowhere })) {
  test(`large files where the git directory takes no temporary file: ${name}`, async () => {
    const content = large(3)
    const dir = await repository(`place-${name}`, { 'secrets/large': content })
    const run = (...args: string[]) => alice.box.run('git', args, { cwd: dir, env })
    // Root may write everywhere, so nothing less keeps a directory from being made here.
    rmSync(join(dir, '.git/nixsecret/tmp'), { recursive: true, force: true })
    writeFileSync(join(dir, '.git/nixsecret/tmp'), '')
    assert.is(await touchedStatus(dir, ['secrets/large'], env), '')
    for (const target of ['HEAD~', 'main']) {
      const { code, stderr } = await run('checkout', '-q', target)
      assert.is(code, 0, stderr)
    }
    assert.ok(read(dir, 'secrets/large')?.equals(content))
    alice.box.write(join(dir, 'secrets/large'), large(3))
    const added = await run('add', 'secrets/large')
    if (name === 'elsewhere') assert.is(added.code, 0, added.stderr)
    else {
      assert.is.not(added.code, 0)
      assert.match(added.stderr, /secrets\/large: cannot write a temporary file/)
    }
    // Ciphertext, in a repository that can say nothing about it.
    alice.box.write(join(dir, 'secrets/large'), await blobOf(alice, dir, 'HEAD:secrets/large'))
    assert.is((await run('add', 'secrets/large')).code, 0)
    assert.is(await alice.git(dir, 'diff', '--cached', '--name-only'), '')
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })
}

test('a large armored secret stays armored when it is edited', async () => {
  const dir = await repository('armored', { 'secrets/a': enarmor(await sealedFor(alice, large())) })
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  const edited = large(3)
  alice.box.write(join(dir, 'secrets/a'), edited)
  await alice.commit(dir, 'edited', '-a')
  const blob = await blobOf(alice, dir, 'HEAD:secrets/a')
  assert.match(blob.subarray(0, 40).toString('latin1'), /^-----BEGIN AGE ENCRYPTED FILE-----\n/)
  assert.is(await touchedStatus(dir, ['secrets/a'], { NIXSECRET_IDENTITY: '/dev/null' }), '')
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.ok(read(dir, 'secrets/a')?.equals(edited))
})

test('armor beyond 64 MiB goes through as it is, and is called damaged', async () => {
  const dir = await repository('huge', {})
  const blob = enarmor(await sealedFor(alice, Buffer.alloc(50 * MIB, MARK)))
  assert.ok(blob.length > 64 * MIB)
  const { out } = await alice.box.run(
    'git',
    ['-c', 'core.looseCompression=0', 'hash-object', '-w', '--stdin'],
    {
      cwd: dir,
      input: blob,
    },
  )
  await alice.git(dir, 'update-index', '--add', '--cacheinfo', `100644,${out.trim()},secrets/huge`)
  const { code, stderr } = await alice.tryGit(dir, 'checkout', '--', 'secrets/huge')
  assert.is(code, 0, stderr)
  assert.match(stderr, /damaged/)
  assert.ok(read(dir, 'secrets/huge')?.equals(blob))
  assert.is((await touchedStatus(dir, ['secrets/huge'])).trim(), 'A  secrets/huge')
})

test('a large file that must not be encrypted passes', async () => {
  const dir = await repository('never', {})
  const input = Buffer.alloc(2 * MIB, '# a comment\n')
  for (const path of ['secrets/.gitattributes', 'nixsecret.toml']) {
    const { code, stdout } = await alice.box.run('git', ['nixsecret', 'clean', '--', path], {
      cwd: dir,
      input,
    })
    assert.is(code, 0)
    assert.ok(stdout.equals(input), path)
  }
})

test('an empty file does not become a blob that somebody else sealed, empty or not', async () => {
  const dir = await repository('empty', {})
  for (const [path, person, kept] of [
    ['secrets/mine', alice, true],
    ['secrets/theirs', stranger, false],
  ] as const) {
    const input = await sealedFor(person, '')
    const set = await alice.box.run('git', ['nixsecret', 'set', '--sealed', path], { cwd: dir, input })
    assert.is(set.code, 0, set.stderr)
    const cleaned = await alice.box.run('git', ['nixsecret', 'clean', '--', path], { cwd: dir, input: '' })
    assert.is(cleaned.code, 0, cleaned.stderr)
    assert.is(cleaned.stdout.length > 0, kept, path)
    assert.is(isAge(cleaned.stdout), kept)
  }
})

test.run()
