import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GpgHome } from '../support/gpg.ts'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-git-crypt'

/** Contents of files that git-crypt has; each that is long enough to be searched for holds the mark. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  'secrets/db': `${MARK} one\nline two\n`,
  'secrets/no newline': `${MARK} none`,
  'secrets/empty': '',
  'secrets/binary.bin': Buffer.concat([Buffer.from([0, 255, 13, 10]), Buffer.from(MARK), randomBytes(3000)]),
  'secrets/crlf.txt': `${MARK}\r\nwindows\r\n`,
  'secrets/größe/ключ': `${MARK} unicode\n`,
  'secrets/large': Buffer.concat([Buffer.from(MARK), randomBytes(200_000)]),
  ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`secrets/many/${i}`, `${MARK} number ${i}\n`])),
  'hosts/web/private.key': `${MARK} nested\n`,
  'secrets/host.pub': `${MARK} public by name only\n`,
  'ops/token': `${MARK} of the second key\n`,
}
const OPEN = { README: 'open\n', 'secrets/README.md': 'open, too\n', 'hosts/web/default.nix': '{ }\n' }

/** Somebody's repository under the real git-crypt: 20 files, two keys, a GPG user for the default one. */
async function underGitCrypt(person: Person, gpg: GpgHome | null) {
  const { box } = person
  const dir = box.path('repo')
  await box.ok('git', ['init', '-q', dir])
  const crypt = (...args: string[]) => box.ok('git-crypt', args, { cwd: dir })
  box.write(
    join(dir, '.gitattributes'),
    'secrets/** filter=git-crypt diff=git-crypt\nsecrets/*.md !filter !diff\nops/** filter=git-crypt-ops diff=git-crypt-ops\n',
  )
  box.write(join(dir, 'hosts/.gitattributes'), '*.key filter=git-crypt diff=git-crypt\n')
  await crypt('init')
  await crypt('init', '-k', 'ops')
  for (const [path, content] of Object.entries({ ...FILES, ...OPEN })) box.write(join(dir, path), content)
  await person.git(dir, 'add', '-A')
  await person.git(dir, 'commit', '-q', '-m', 'under git-crypt')
  let fingerprint = ''
  if (gpg !== null) {
    fingerprint = await gpg.newKey('Alice Ärmel <alice@example.org>')
    await crypt('add-gpg-user', '--trusted', fingerprint)
  }
  await crypt('export-key', box.path('key'))
  await crypt('export-key', '-k', 'ops', box.path('ops.key'))
  return { dir, fingerprint }
}

/** That every file came over whole, in git as ciphertext of ours, and that all else is as it was. */
async function holds(person: Person, dir: string, files = FILES): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    assert.ok(read(dir, path)?.equals(Buffer.from(content)), `${path} of the work tree`)
    const blob = await blobOf(person, dir, `:${path}`)
    assert.ok(content.length === 0 ? blob.length === 0 : isAge(blob), `${path} in git`)
    assert.ok(content.length === 0 || (statSync(join(dir, path)).mode & 0o077) === 0, `others get at ${path}`)
  }
  for (const [path, content] of Object.entries(OPEN)) {
    assert.is((await blobOf(person, dir, `:${path}`)).toString(), content, path)
  }
  assert.is((await person.tryGit(dir, 'nixsecret', 'check', '--staged')).code, 0)
}

if (needs('import of git-crypt', 'git-crypt', 'gpg')) {
  test('a repository of 20 files moves over, and a new clone works for both readers', async () => {
    const alice = await Person.create('alice')
    const bob = await Person.create('bob')
    const gpg = new GpgHome(alice.box)
    try {
      const { dir, fingerprint } = await underGitCrypt(alice, gpg)
      const old = readFileSync(join(dir, '.gitattributes'), 'utf8')
      const init = await alice.tryGit(dir, 'nixsecret', 'init')
      assert.match(
        init.stderr,
        /files are encrypted by git-crypt in git: import takes them over\nhint: .* git-crypt/,
      )
      assert.not.match(init.stderr, '--renormalize')
      const wrong = init.stderr.split('\n').filter((line) => line.startsWith('  '))
      assert.equal(wrong, ['  secrets/README.md'])
      await alice.git(dir, 'nixsecret', 'recipient', 'add', 'bob', bob.recipient)
      const asked = await alice.tryGit(dir, 'nixsecret', 'import', 'git-crypt')
      assert.is(asked.code, 2)
      assert.match(asked.stderr, `nobody says who in nixsecret.toml these GPG ids are: ${fingerprint}`)
      assert.match(asked.out, `"${fingerprint}" = "?"    # Alice Ärmel <alice@example.org>`)
      alice.box.write(join(alice.box.dir, 'readers.toml'), asked.out.replace('"?"', '["alice", "bob"]'))
      const table = ['--readers', alice.box.path('readers.toml')]
      const dry = await alice.tryGit(dir, 'nixsecret', 'import', 'git-crypt', ...table, '--dry-run')
      assert.is(dry.code, 0, dry.stderr)
      assert.match(dry.out, /secrets\/db +to be sealed +alice, bob\n/)
      assert.is(readFileSync(join(dir, '.gitattributes'), 'utf8').startsWith(old), true)
      assert.not.match(readFileSync(join(dir, '.gitattributes'), 'utf8'), 'takes over')

      const done = await alice.tryGit(dir, 'nixsecret', 'import', 'git-crypt', ...table)
      assert.is(done.code, 0, done.stderr + done.out)
      assert.match(done.stderr, /20 files in, 20 compared in memory with the source and equal/)
      assert.match(
        done.stderr,
        /can go[^:]*:\n +\.gitattributes:1: .*\n +\.gitattributes:3: .*\n +hosts\/\.gitattributes:1: /,
      )
      await holds(alice, dir)
      await alice.git(dir, 'commit', '-q', '-m', 'Move to git-nixsecret')
      assert.is(await alice.git(dir, 'status', '--porcelain'), '')
      assert.equal(await findPlaintext(alice, dir, [MARK]), [])
      const again = await alice.tryGit(dir, 'nixsecret', 'import', 'git-crypt', ...table)
      assert.match(again.stderr, 'no file here goes through the filter of git-crypt')

      for (const person of [alice, bob]) {
        const clone = person.box.path('clone')
        await person.box.ok('git', ['clone', '-q', `file://${dir}`, clone])
        await person.git(clone, 'nixsecret', 'init')
        await holds(person, clone)
        person.box.write(join(clone, 'secrets/new'), `${MARK} new\n`)
        person.box.write(join(clone, 'hosts/new.key'), `${MARK} new\n`)
        await person.git(clone, 'add', '-A')
        for (const path of ['secrets/new', 'hosts/new.key'])
          assert.ok(isAge(await blobOf(person, clone, `:${path}`)))
      }
    } finally {
      await gpg.end()
    }
  })

  test('locked clones come over with an exported key or the keys of another clone, or say how', async () => {
    const alice = await Person.create('alice')
    const { box } = alice
    const { dir } = await underGitCrypt(alice, null)
    const files = { 'secrets/db': FILES['secrets/db'] as string, 'ops/token': FILES['ops/token'] as string }
    const locked = box.path('locked')
    await box.ok('git', ['clone', '-q', `file://${dir}`, locked])
    const before = read(locked, 'secrets/db')
    const refused = await alice.tryGit(locked, 'nixsecret', 'import', 'git-crypt')
    assert.is(refused.code, 2)
    assert.match(refused.stderr, /is locked, or not under git-crypt\nhint: git-crypt unlock/)
    const half = await alice.tryGit(locked, 'nixsecret', 'import', 'git-crypt', '--key', box.path('key'))
    assert.is(half.code, 2)
    assert.match(
      half.stderr,
      /ops\/token: it needs the key called ops, and no such key was given; nothing was changed/,
    )
    assert.equal(read(locked, 'secrets/db'), before)
    assert.is(await alice.git(locked, 'status', '--porcelain'), '')
    const keys = ['--key', box.path('key'), '--key', box.path('ops.key')]
    const done = await alice.tryGit(locked, 'nixsecret', 'import', 'git-crypt', ...keys)
    assert.is(done.code, 0, done.stderr + done.out)
    await holds(alice, locked, files)

    // Another repository, into which the files come from an unlocked clone.
    const other = await startRepository(alice, 'other')
    box.write(join(dir, 'secrets/db'), 'not committed\n')
    const from = () => alice.tryGit(other, 'nixsecret', 'import', 'git-crypt', '--from', dir)
    assert.match((await from()).stderr, 'the work tree has changes that git does not have yet: secrets/db')
    await alice.git(dir, 'checkout', '--', 'secrets/db')
    const moved = await from()
    assert.is(moved.code, 0, moved.stderr + moved.out)
    for (const [path, content] of Object.entries(files)) {
      assert.is(read(other, path)?.toString(), content)
      assert.ok(isAge(await blobOf(alice, other, `:${path}`)))
    }
    assert.equal(await findPlaintext(alice, other, [MARK]), [])
  })
}

test.run()
