import { appendFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-302'
const alice = await Person.create('alice')
const remote = alice.box.path('remote.git')

// 65,536 bytes are a chunk of an age payload, 65,516 a packet from git, 1 MiB what is held in memory.
const CONTENTS: Record<string, Buffer | string> = {
  empty: '',
  'one-byte': 'x',
  'one-newline': '\n',
  'one-nul': '\0',
  nul: `${MARK}\0\0after\0`,
  crlf: `${MARK}\r\nsecond\r\n`,
  'mixed-ends': `${MARK}\r\nlf\ncr\rend`,
  'only-cr': `${MARK}\r`,
  'no-final-newline': `${MARK}\nlast`,
  bom: `\ufeff${MARK}\n`,
  utf16: Buffer.from(`\ufeff${MARK}\r\n`, 'utf16le'),
  'all-bytes': Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  ident: `$Id$ ${MARK}\n`,
  dashes: `---\n${MARK}: yaml\n--- x\n`,
  'like-age': `age-encryption.org/v1 is the first line of an age file; ${MARK}\n`,
  'like-age-later': `\nage-encryption.org/v1\n${MARK}\n`,
  'like-armor': `-----BEGIN AGE ENCRYPTED FILE----- ${MARK}\n`,
  'like-key': `AGE-SECRET-KEY-1 ${MARK}\n`,
  'packet-1': Buffer.alloc(65515, MARK),
  packet: Buffer.alloc(65516, MARK),
  'packet+1': Buffer.alloc(65517, MARK),
  'chunk-1': Buffer.alloc(65535, MARK),
  chunk: Buffer.alloc(65536, MARK),
  'chunk+1': Buffer.alloc(65537, MARK),
  'mib-1': Buffer.alloc((1 << 20) - 1, MARK),
  mib: Buffer.alloc(1 << 20, MARK),
  'mib+1': Buffer.alloc((1 << 20) + 1, MARK),
  'five-mib': Buffer.alloc(5 << 20, MARK),
}
const NAMES = Object.keys(CONTENTS)

async function writeAll(dir: string): Promise<void> {
  for (const [name, content] of Object.entries(CONTENTS)) alice.box.write(join(dir, 'secrets', name), content)
}

function differing(dir: string): string[] {
  return NAMES.filter((name) => !read(dir, `secrets/${name}`)?.equals(Buffer.from(CONTENTS[name] ?? '')))
}

test('contents of every kind come back byte for byte, whatever git is told of line ends', async () => {
  const dir = await startRepository(alice)
  await alice.box.ok('git', ['init', '-q', '--bare', remote])
  await writeAll(dir)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'secrets')
  const ids = await alice.git(dir, 'ls-files', '-s')
  for (const name of NAMES) {
    const blob = await blobOf(alice, dir, `:secrets/${name}`)
    if (name === 'empty') assert.is(blob.length, 0)
    else assert.ok(isAge(blob), name)
  }
  await alice.git(dir, 'push', '-q', remote, 'main')
  const settings = [
    [],
    ['core.autocrlf=true'],
    ['core.autocrlf=input', 'core.safecrlf=true'],
    ['core.eol=crlf'],
  ]
  for (const [i, setting] of settings.entries()) {
    const clone = alice.box.path(`clone-${i}`)
    await alice.box.ok('git', ['clone', '-q', ...setting.flatMap((s) => ['-c', s]), remote, clone])
    await alice.git(clone, 'nixsecret', 'init')
    assert.equal(differing(clone), [], String(setting))
    for (const name of NAMES) utimesSync(join(clone, 'secrets', name), 1, 1)
    assert.is(await alice.git(clone, 'status', '--porcelain'), '', String(setting))
    for (const name of NAMES) utimesSync(join(clone, 'secrets', name), 2, 2)
    await alice.git(clone, 'add', '-A')
    await alice.git(clone, 'add', '--renormalize', '.')
    assert.is(await alice.git(clone, 'ls-files', '-s'), ids, String(setting))
    for (const name of NAMES) rmSync(join(clone, 'secrets', name))
    await alice.git(clone, 'checkout', '--', '.')
    assert.equal(differing(clone), [], String(setting))
    assert.equal(await findPlaintext(alice, clone, [MARK]), [])
  }
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  assert.equal(await findPlaintext(alice, remote, [MARK]), [])
})

test('a new secret with CRLF under core.autocrlf=true keeps its bytes and warns of nothing', async () => {
  const dir = await startRepository(alice, 'autocrlf')
  await alice.git(dir, 'config', 'core.autocrlf', 'true')
  for (const name of ['crlf', 'mixed-ends', 'no-final-newline'])
    alice.box.write(join(dir, 'secrets', name), CONTENTS[name] ?? '')
  const add = await alice.tryGit(dir, 'add', 'secrets')
  assert.is(add.code, 0)
  assert.is(add.stderr, '')
  await alice.commit(dir, 'secrets')
  assert.is((await alice.git(dir, 'nixsecret', 'show', 'secrets/crlf')).toString(), CONTENTS.crlf)
  await alice.git(dir, 'checkout', '-q', 'HEAD~')
  await alice.git(dir, 'checkout', '-q', 'main')
  assert.is(read(dir, 'secrets/mixed-ends')?.toString(), CONTENTS['mixed-ends'])
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('each step from empty to large and back is one ordinary change', async () => {
  const dir = await startRepository(alice, 'steps')
  const steps = ['empty', 'one-byte', 'five-mib', 'mib+1', 'mib', 'empty', 'five-mib', 'one-nul']
  for (const name of steps) {
    alice.box.write(join(dir, 'secrets/s'), CONTENTS[name] ?? '')
    await alice.git(dir, 'add', '-A')
    await alice.commit(dir, name)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  }
  for (const [i, name] of [...steps].reverse().entries()) {
    if (i > 0) await alice.git(dir, 'checkout', '-q', 'HEAD~')
    assert.ok(read(dir, 'secrets/s')?.equals(Buffer.from(CONTENTS[name] ?? '')), name)
  }
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('plaintext with conflict markers is sealed, with a warning, and only when it is new', async () => {
  const dir = await startRepository(alice, 'markers')
  const text = `a\n<<<<<<< ours\n${MARK}\n=======\nb\n>>>>>>> theirs\n`
  alice.box.write(join(dir, 'secrets/small'), text)
  alice.box.write(
    join(dir, 'secrets/large'),
    Buffer.concat([Buffer.alloc(3 << 20, 'x'), Buffer.from(`\n${text}`)]),
  )
  alice.box.write(join(dir, 'secrets/half'), `${MARK}\n=======\nno conflict\n`)
  const add = await alice.tryGit(dir, 'add', '-A')
  assert.is(add.code, 0)
  assert.match(add.stderr, /warning: secrets\/small holds conflict markers/)
  assert.match(add.stderr, /warning: secrets\/large holds conflict markers/)
  assert.not.match(add.stderr, /half/)
  for (const name of ['small', 'large', 'half'])
    assert.ok(isAge(await blobOf(alice, dir, `:secrets/${name}`)), name)
  utimesSync(join(dir, 'secrets/small'), 1, 1)
  assert.is((await alice.tryGit(dir, 'status', '--porcelain')).stderr, '')
  appendFileSync(join(dir, 'secrets/small'), 'x')
  const off = ['config', '--unset', 'filter.nixsecret.process']
  await alice.git(dir, ...off)
  assert.match(
    (await alice.tryGit(dir, 'add', '-A')).stderr,
    /warning: secrets\/small holds conflict markers/,
  )
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
