import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-301'
const alice = await Person.create('alice')
const bob = await Person.create('bob')
const remote = alice.box.path('remote.git')
await alice.box.ok('git', ['init', '-q', '--bare', remote])

function bytes(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}

/** What the index has: path (as bytes) to object id. */
async function staged(dir: string): Promise<{ path: Buffer; mode: string; oid: string }[]> {
  const { stdout } = await alice.box.run('git', ['ls-files', '-s', '-z'], { cwd: dir })
  const entries = []
  for (let at = 0, end = stdout.indexOf(0); end !== -1; at = end + 1, end = stdout.indexOf(0, at)) {
    const line = stdout.subarray(at, end)
    const tab = line.indexOf(9)
    const [mode = '', oid = ''] = line.toString('latin1', 0, tab).split(' ')
    entries.push({ path: Buffer.from(line.subarray(tab + 1)), mode, oid })
  }
  return entries
}

const NAMES: (string | Buffer)[] = [
  'plain',
  'with space',
  ' leading and trailing ',
  'new\nline',
  '\n',
  'tab\tand\rreturn',
  'double"quote',
  "single'quote",
  'back\\slash',
  '-dash',
  '--',
  ':colon',
  ':(top)x',
  '*',
  'a?[b]',
  '#hash',
  '!bang',
  '.env',
  '$HOME`id`;&|<>',
  '%f',
  'ünïcode-日本-🔑',
  'e\u0301-decomposed',
  Buffer.from([0xff, 0xfe, 0x80]),
  bytes('latin-', Buffer.from([0xe4]), '\n', Buffer.from([0xc3])),
  'x'.repeat(240),
]

test('paths of every kind: encrypted, pushed, cloned, and unchanged when touched', async () => {
  const dir = await startRepository(alice)
  const full = (path: Buffer) => bytes(`${dir}/`, path)
  const paths = NAMES.map((name) => bytes('secrets/', name))
  paths.push(bytes('secrets/', 'deep/'.repeat(60), 'leaf'))
  mkdirSync(join(dir, 'secrets', 'deep/'.repeat(60)), { recursive: true })
  paths.forEach((path, i) => {
    writeFileSync(full(path), `${MARK} ${i}\n`)
  })
  await alice.git(dir, 'add', '-A')
  await alice.git(dir, 'commit', '-qm', 'secrets')
  const before = await staged(dir)
  const protectedOnes = before.filter(({ path }) => path.toString('latin1').startsWith('secrets/'))
  assert.is(protectedOnes.length, paths.length)
  for (const { path, oid } of protectedOnes) assert.ok(isAge(await blobOf(alice, dir, oid)), String(path))

  for (const path of paths) utimesSync(full(path), 1, 1)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  await alice.git(dir, 'add', '--renormalize', '.')
  assert.equal(await staged(dir), before)
  // One path a command too: a few files are asked for one by one, many from a list.
  for (const path of ['secrets/new\nline', 'secrets/--', 'secrets/:colon', 'secrets/ünïcode-日本-🔑']) {
    utimesSync(join(dir, path), 2, 2)
    await alice.git(dir, '--literal-pathspecs', 'add', '--', path)
  }
  assert.equal(await staged(dir), before)

  await alice.git(dir, 'push', '-q', remote, 'main')
  const clone = alice.box.path('paths-clone')
  await alice.box.ok('git', ['clone', '-q', remote, clone])
  await alice.git(clone, 'nixsecret', 'init')
  paths.forEach((path, i) => {
    assert.is(readFileSync(bytes(`${clone}/`, path)).toString(), `${MARK} ${i}\n`, String(path))
  })
  assert.is(await alice.git(clone, 'status', '--porcelain'), '')
  for (const repo of [dir, clone, remote]) assert.equal(await findPlaintext(alice, repo, [MARK]), [])
})

test('one-shot clean and smudge take the same paths', async () => {
  const dir = await startRepository(alice, 'oneshot')
  await alice.git(dir, 'config', '--unset', 'filter.nixsecret.process')
  const paths = NAMES.filter((_, i) => i % 3 === 0 || i > 20).map((name) => bytes('secrets/', name))
  mkdirSync(join(dir, 'secrets'))
  for (const [i, path] of paths.entries()) writeFileSync(bytes(`${dir}/`, path), `${MARK} ${i}\n`)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'secrets')
  for (const { path, oid } of (await staged(dir)).slice(2))
    assert.ok(isAge(await blobOf(alice, dir, oid)), String(path))
  await alice.git(dir, 'rm', '-q', '-r', '--cached', 'secrets')
  await alice.git(dir, 'clean', '-q', '-fdx')
  await alice.git(dir, 'reset', '-q', '--hard')
  paths.forEach((path, i) => {
    assert.is(readFileSync(bytes(`${dir}/`, path)).toString(), `${MARK} ${i}\n`)
  })
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('names that differ only by extension keep the readers that each has', async () => {
  const dir = await startRepository(alice, 'extensions')
  const policy = `version = 1
[recipients]
alice = "${alice.recipient}"
bob = "${bob.recipient}"
[default]
to = ["alice"]
[[rule]]
paths = ["*.yaml"]
to = ["alice", "bob"]
`
  alice.box.write(join(dir, 'nixsecret.toml'), policy)
  await acceptAll(alice.box, dir)
  for (const name of ['a.json', 'a.yaml', 'a'])
    alice.box.write(join(dir, 'secrets', name), `${MARK} the same`)
  // In one command, and then each in a command of its own: nothing may be reused across readers.
  await alice.git(dir, 'add', '-A')
  const forBob = async (name: string) =>
    (await blobOf(alice, dir, `:secrets/${name}`)).toString('latin1').match(/^-> ssh-ed25519/gm)?.length
  const check = async () =>
    assert.equal([await forBob('a'), await forBob('a.json'), await forBob('a.yaml')], [1, 1, 2])
  await check()
  await alice.commit(dir, 'secrets')
  alice.box.write(join(dir, 'secrets/a.yaml'), `${MARK} other`)
  await alice.git(dir, 'add', 'secrets/a.yaml')
  alice.box.write(join(dir, 'secrets/a.json'), `${MARK} other`)
  await alice.git(dir, 'add', 'secrets/a.json')
  alice.box.write(join(dir, 'secrets/a.yaml'), `${MARK} the same`)
  await alice.git(dir, 'add', 'secrets/a.yaml')
  await check()
  const env = { NIXSECRET_IDENTITY: join(bob.box.home, '.ssh/id_ed25519') }
  const show = (name: string) =>
    alice.box.run('git-nixsecret', ['show', `secrets/${name}`, '--rev', 'HEAD'], { cwd: dir, env })
  assert.is((await show('a.yaml')).out, `${MARK} the same`)
  assert.is.not((await show('a.json')).code, 0)
  assert.is((await alice.box.run('git-nixsecret', ['check', '--staged'], { cwd: dir })).code, 0)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('.gitattributes and nixsecret.toml are never encrypted, whatever a pattern says', async () => {
  const dir = await startRepository(alice, 'everything')
  alice.box.write(join(dir, '.gitattributes'), '** filter=nixsecret diff=nixsecret merge=nixsecret -text\n')
  alice.box.write(join(dir, 'sub/.gitattributes'), '*.txt diff\n')
  alice.box.write(join(dir, 'sub/nixsecret.toml'), `# ${MARK}: not at the top, so no policy\n`)
  alice.box.write(join(dir, 'file'), MARK)
  const policy = `# changed\n${read(dir, 'nixsecret.toml')}`
  alice.box.write(join(dir, 'nixsecret.toml'), policy)
  const driver = 'git-nixsecret filter-process'
  for (const process of [driver, null]) {
    if (process === null) await alice.git(dir, 'config', '--unset', 'filter.nixsecret.process')
    await alice.git(dir, 'add', '--renormalize', '-A')
    await alice.git(dir, 'add', '-A')
    assert.is((await blobOf(alice, dir, ':nixsecret.toml')).toString(), policy)
    assert.match((await blobOf(alice, dir, ':.gitattributes')).toString(), /^\*\* filter=nixsecret/)
    assert.is((await blobOf(alice, dir, ':sub/.gitattributes')).toString(), '*.txt diff\n')
    for (const path of ['file', 'sub/nixsecret.toml'])
      assert.ok(isAge(await blobOf(alice, dir, `:${path}`)), path)
    await alice.git(dir, 'rm', '-q', '-r', '--cached', 'file', 'sub', 'nixsecret.toml')
  }
  await alice.git(dir, 'config', 'filter.nixsecret.process', driver)
  await alice.git(dir, 'add', '-A')
  await acceptAll(alice.box, dir)
  await alice.commit(dir, 'all')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.is(statSync(join(dir, 'nixsecret.toml')).mode & 0o777, 0o644)
  // Nor does the merge driver, which has these paths too now.
  await alice.git(dir, 'checkout', '-qb', 'side')
  alice.box.write(join(dir, 'nixsecret.toml'), `${policy}# side\n`)
  await alice.commit(dir, 'side', '-a')
  await alice.git(dir, 'checkout', '-q', 'main')
  alice.box.write(join(dir, 'nixsecret.toml'), `# main\n${policy}`)
  await alice.commit(dir, 'main', '-a')
  await alice.git(dir, 'merge', '-q', '-m', 'both', 'side')
  assert.is((await blobOf(alice, dir, ':nixsecret.toml')).toString(), `# main\n${policy}# side\n`)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('the executable bit stays, and what is decrypted is for its owner alone', async () => {
  const dir = await startRepository(alice, 'modes')
  for (const [name, mode] of [
    ['secret', 0o644],
    ['script', 0o755],
  ] as const)
    alice.box.write(join(dir, 'secrets', name), `${MARK} ${name}`, mode)
  alice.box.write(join(dir, 'public'), 'public', 0o644)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'secrets')
  assert.equal(
    (await staged(dir)).filter(({ path }) => String(path).startsWith('secrets')).map(({ mode }) => mode),
    ['100755', '100644'],
  )
  const modes = () =>
    ['secrets/secret', 'secrets/script', 'public'].map((path) => statSync(join(dir, path)).mode & 0o777)
  await alice.git(dir, 'rm', '-q', '-r', '.')
  await alice.git(dir, 'reset', '-q', '--hard')
  assert.equal(modes(), [0o600, 0o700, 0o644])
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  chmodSync(join(dir, 'secrets/secret'), 0o700)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'mode')
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.equal(modes(), [0o700, 0o700, 0o644])
  chmodSync(join(dir, 'secrets/script'), 0o600)
  assert.match(await alice.git(dir, 'diff', '--summary'), /mode change 100755 => 100644 secrets\/script/)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('a symlink at a protected path: git never filters it, so check says so', async () => {
  const dir = await startRepository(alice, 'symlink')
  alice.box.write(join(dir, 'outside'), 'nothing secret')
  alice.box.write(join(dir, 'secrets/real'), MARK)
  symlinkSync('../outside', join(dir, 'secrets/link'))
  await alice.git(dir, 'add', '-A')
  const found = await alice.box.run('git-nixsecret', ['check', '--staged'], { cwd: dir })
  assert.is(found.code, 1)
  assert.match(`${found.out}${found.stderr}`, /secrets\/link/)
  assert.match(`${found.out}${found.stderr}`, /symlink/)
  assert.is((await alice.tryGit(dir, 'commit', '-qm', 'link')).code, 1)
  // It does not hinder the rest, nor does a checkout follow it.
  await alice.commit(dir, 'link')
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.is(read(dir, 'secrets/real')?.toString(), MARK)
  assert.is(statSync(join(dir, 'outside')).mode & 0o777, 0o644)
  const status = await alice.box.run('git-nixsecret', ['status', '--json'], { cwd: dir })
  assert.is(status.code, 1)
  assert.match(status.out, /"symlink"/)
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
