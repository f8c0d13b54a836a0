import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-305'
const alice = await Person.create('alice')
const bob = await Person.create('bob')
const nobody = await Person.create('nobody', { key: false })
const keyOf = (person: Person) => join(person.box.home, '.ssh/id_ed25519')
const remote = alice.box.path('remote.git')
const origin = await startRepository(alice, 'origin')
for (const name of ['a', 'b', 'sub/c']) alice.box.write(join(origin, 'secrets', name), `${MARK} ${name}\n`)
alice.box.write(join(origin, 'public'), 'public\n')
await alice.git(origin, 'add', '-A')
await alice.commit(origin, 'secrets')
await alice.box.ok('git', ['clone', '-q', '--bare', origin, remote])

let clones = 0
async function clone(person: Person, env: Record<string, string> = {}) {
  const dir = person.box.path(`clone-${clones++}`)
  await person.box.ok('git', ['clone', '-q', remote, dir])
  const run = (...args: string[]) => person.box.run('git', args, { cwd: dir, env })
  const ok = (...args: string[]) => person.box.ok('git', args, { cwd: dir, env })
  const init = await run('nixsecret', 'init')
  assert.is(init.code, 0, init.stderr)
  const isOpen = () => read(dir, 'secrets/a')?.toString() === `${MARK} a\n`
  const isLocked = () => isAge(read(dir, 'secrets/a') ?? Buffer.alloc(0))
  return { dir, run, ok, isOpen, isLocked }
}

async function nothingLeaked(person: Person, dir: string): Promise<void> {
  assert.equal(await findPlaintext(person, dir, [MARK]), [])
}

for (const [what, person] of [
  ['no key', nobody],
  ['a key that is no reader', bob],
] as const) {
  test(`${what}: a clone works, its secrets stay locked, new ones can be added`, async () => {
    const { dir, run, ok, isLocked } = await clone(person)
    assert.ok(isLocked())
    assert.is(read(dir, 'public')?.toString(), 'public\n')
    await ok('rm', '-q', '-r', '--cached', 'secrets')
    await ok('reset', '-q')
    assert.is(await ok('status', '--porcelain'), '')
    const checkout = await run('checkout', 'HEAD~', '--', '.').then(() => run('checkout', '-f', 'main'))
    assert.is(checkout.code, 0, checkout.stderr)
    await ok('rm', '-q', '-r', 'secrets')
    const back = await run('reset', '-q', '--hard')
    assert.is(back.code, 0)
    assert.is(back.stderr.split('no key here opens').length, 2, back.stderr)
    assert.match(back.stderr, /secrets\/a, secrets\/b, secrets\/sub\/c/)
    person.box.write(join(dir, 'secrets/new'), `${MARK} new`)
    await ok('add', 'secrets/new')
    await ok('commit', '-qm', 'new')
    assert.ok(isAge(await blobOf(person, dir, 'HEAD:secrets/new')))
    assert.is(await ok('status', '--porcelain'), '')
    const shown = await alice.box.run('git-nixsecret', ['show', 'secrets/new'], {
      cwd: dir,
      env: { NIXSECRET_IDENTITY: keyOf(alice), HOME: person.box.home },
    })
    assert.is(shown.out, `${MARK} new`)
    await nothingLeaked(person, dir)
  })
}

test('a key with a passphrase and no terminal: smudge leaves files locked, clean never asks', async () => {
  if (!needs('keys that only ssh-keygen makes', 'ssh-keygen')) return
  const carol = await Person.create('carol')
  await carol.box.ok('cp', [keyOf(alice), keyOf(carol)])
  await carol.box.ok('cp', [`${keyOf(alice)}.pub`, `${keyOf(carol)}.pub`])
  await carol.box.ok('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'passphrase', '-f', keyOf(carol)])
  const { dir, run, ok, isLocked } = await clone(carol)
  assert.ok(isLocked())
  const status = await run('status', '--porcelain')
  assert.equal([status.code, status.out, status.stderr], [0, '', ''])
  carol.box.write(join(dir, 'secrets/new'), `${MARK} new`)
  const add = await run('add', '-A')
  assert.equal([add.code, add.stderr], [0, ''])
  assert.ok(isAge(await blobOf(carol, dir, ':secrets/new')))
  await ok('commit', '-qm', 'new')
  appendFileSync(join(dir, 'secrets/new'), ' changed')
  await ok('add', '-A')
  const checkout = await run('checkout', '-q', '-f', 'HEAD~')
  assert.is(checkout.code, 0, checkout.stderr)
  assert.ok(isLocked())
  await nothingLeaked(carol, dir)
})

test('NIXSECRET_IDENTITY, several identities in the configuration, and their order', async () => {
  const one = await clone(nobody, { NIXSECRET_IDENTITY: keyOf(alice) })
  assert.ok(one.isOpen())
  await nothingLeaked(nobody, one.dir)
  const wrong = await clone(alice, { NIXSECRET_IDENTITY: keyOf(bob) })
  assert.ok(wrong.isLocked())

  const several = await clone(nobody)
  assert.ok(several.isLocked())
  const broken = nobody.box.write('broken-key', 'no key at all\n')
  for (const file of [nobody.box.path('missing'), broken, keyOf(bob), keyOf(alice)])
    await several.ok('config', '--add', 'nixsecret.identity', file)
  await several.ok('rm', '-q', '-r', 'secrets')
  await several.ok('reset', '-q', '--hard')
  assert.ok(several.isOpen())
  assert.is(await several.ok('status', '--porcelain'), '')
  const status = await several.run('nixsecret', 'status')
  assert.match(status.stderr, /broken-key/)
  await nothingLeaked(nobody, several.dir)
})

if (needs('secrets for age keys', 'age-keygen', 'age')) {
  test('an age identity file: in the place where it is looked for, and encrypted with a passphrase', async () => {
    const dora = await Person.create('dora', { key: false })
    const file = join(dora.box.home, '.config/git-nixsecret/identity.txt')
    dora.box.write(file, await dora.box.ok('age-keygen', []), 0o600)
    const dir = await startRepository(dora)
    dora.box.write(join(dir, 'secrets/x'), MARK)
    await dora.git(dir, 'add', '-A')
    await dora.commit(dir, 'x')
    assert.match((await blobOf(dora, dir, 'HEAD:secrets/x')).toString('latin1'), /^-> X25519 /m)
    await dora.git(dir, 'checkout', '-q', 'HEAD~')
    await dora.git(dir, 'checkout', '-q', 'main')
    assert.is(read(dir, 'secrets/x')?.toString(), MARK)
    const opened = await dora.box.run('age', ['-d', '-i', file], {
      input: await blobOf(dora, dir, ':secrets/x'),
    })
    assert.is(opened.out, MARK)
    await nothingLeaked(dora, dir)
  })
}

test('ssh-rsa and post-quantum recipients: sealed, opened, reused', async () => {
  if (!needs('keys that only ssh-keygen makes', 'ssh-keygen')) return
  const rsa = await Person.create('rsa', { key: false })
  const rsaFile = join(rsa.box.home, '.ssh/id_rsa')
  await rsa.box.ok('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', 'rsa', '-f', rsaFile])
  const hybrid = await generateHybridIdentity()
  const quantum = await Person.create('quantum', { key: false })
  const quantumFile = join(quantum.box.home, '.config/git-nixsecret/identity.txt')
  quantum.box.write(quantumFile, `# post-quantum\n${hybrid}\n`, 0o600)
  for (const [person, init, stanza] of [
    [rsa, [], /^-> ssh-rsa /m],
    [quantum, ['--recipient', `quantum=${await identityToRecipient(hybrid)}`], /^-> mlkem768x25519 /m],
  ] as const) {
    const dir = await startRepository(person, 'repo', [...init])
    for (let i = 0; i < 12; i++) person.box.write(join(dir, `secrets/${i}`), `${MARK} ${i}`)
    person.box.write(join(dir, 'secrets/large'), Buffer.alloc(2 << 20, MARK))
    await person.git(dir, 'add', '-A')
    await person.commit(dir, 'x')
    for (const name of ['0', '11', 'large'])
      assert.match((await blobOf(person, dir, `HEAD:secrets/${name}`)).toString('latin1'), stanza)
    await person.git(dir, 'checkout', '-q', 'HEAD~')
    await person.git(dir, 'checkout', '-q', 'main')
    assert.is(read(dir, 'secrets/11')?.toString(), `${MARK} 11`)
    assert.ok(read(dir, 'secrets/large')?.equals(Buffer.alloc(2 << 20, MARK)))
    await person.box.ok('rm', ['-rf', join(dir, '.git/nixsecret/memo')])
    await person.git(dir, 'add', '--renormalize', '.')
    assert.is(await person.git(dir, 'status', '--porcelain'), '')
    await nothingLeaked(person, dir)
  }
})

test('a key that cannot be read, or is a directory or a FIFO, is a key that is not there', async () => {
  const { dir, run, isLocked } = await clone(nobody)
  const fifo = nobody.box.path('fifo')
  await nobody.box.ok('mkfifo', [fifo])
  const unreadable = nobody.box.path('unreadable')
  writeFileSync(unreadable, readFileSync(keyOf(bob)))
  chmodSync(unreadable, 0)
  for (const file of [fifo, nobody.box.dir, unreadable, '/dev/null', '/nowhere/at/all']) {
    const env = { NIXSECRET_IDENTITY: file }
    const reset = await nobody.box.run('git', ['checkout', '-f', 'HEAD', '--', '.'], {
      cwd: dir,
      env,
      timeout: 20_000,
    })
    assert.is(reset.code, 0, file)
    nobody.box.write(join(dir, 'secrets/new'), `${MARK} ${file}`)
    const add = await nobody.box.run('git', ['add', '-A'], { cwd: dir, env, timeout: 20_000 })
    assert.is(add.code, 0, `${file} ${add.stderr}`)
    assert.ok(isLocked())
  }
  assert.is((await run('status', '--porcelain')).out, 'A  secrets/new\n')
  await nothingLeaked(nobody, dir)
})

test.run()
