import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GpgHome } from '../support/gpg.ts'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-pass'
const BINARY = Buffer.concat([Buffer.from([0, 255, 10, 13]), Buffer.from(MARK), randomBytes(50_000)])
const ENTRIES: Readonly<Record<string, string | Buffer>> = {
  'mail/alice': `${MARK} first line\nuser: alice\n\nurl: https://example.org\n`,
  'mail/-dash': `${MARK} dash`,
  web: `${MARK} an entry\n`,
  'web/db': `${MARK} and a folder\n`,
  'team/ops/größe key': `${MARK} of the team\n`,
  'team/ssh.pub': `${MARK} named like a public half\n`,
  binary: BINARY,
}

if (needs('import of pass', 'pass', 'gpg'))
  test('a password store comes in to the byte, for whom its .gpg-id files say', async () => {
    const alice = await Person.create('alice')
    const bob = await Person.create('bob')
    const { box } = alice
    const gpg = new GpgHome(box)
    try {
      const store = box.path('store')
      box.env.PASSWORD_STORE_DIR = store
      const [mine, his] = [
        await gpg.newKey('Alice <alice@example.org>'),
        await gpg.newKey('Bob <bob@example.org>'),
      ]
      await box.ok('pass', ['init', mine])
      await box.ok('pass', ['init', '-p', 'team', mine, 'bob@example.org'])
      for (const [name, content] of Object.entries(ENTRIES))
        await box.ok('pass', ['insert', '--multiline', '--force', '--', name], { input: content })
      box.write(join(store, 'broken.gpg'), 'no message of GnuPG')
      const before = new Map(box.files(store).map((file) => [file, readFileSync(file, 'latin1')]))

      const dir = await startRepository(alice)
      await alice.git(dir, 'nixsecret', 'recipient', 'add', 'bob', bob.recipient, '--no-default')
      const pass = (...args: string[]) => alice.tryGit(dir, 'nixsecret', 'import', 'pass', ...args)
      const asked = await pass()
      assert.is(asked.code, 2)
      assert.match(asked.stderr, `these GPG ids are: ${mine}, bob@example.org`)
      assert.match(asked.out, `"bob@example.org" = "?"    # Bob <bob@example.org>`)
      assert.ok(his.length > 0)
      box.write('readers.toml', asked.out.replace('"?"', '"alice"').replace('"?"', '"bob"'))
      const done = await pass('--readers', box.path('readers.toml'))
      assert.is(done.code, 1, done.stderr)
      assert.match(done.stderr, /left out: pass broken: gpg cannot decrypt it: /)
      assert.match(done.stderr, /7 files in, 7 compared in memory with the source and equal/)
      assert.match(done.stderr, 'web is at secrets/web.secret')
      const path = (name: string) => `secrets/${name === 'web' ? 'web.secret' : name}`
      for (const [name, content] of Object.entries(ENTRIES)) {
        assert.ok(read(dir, path(name))?.equals(Buffer.from(content)), name)
        assert.ok(isAge(await blobOf(alice, dir, `:${path(name)}`)), name)
      }
      assert.match(
        readFileSync(join(dir, 'nixsecret.toml'), 'utf8'),
        /paths = \["\/secrets\/team\/\*\*"\]\nto {4}= \["alice", "bob"\]/,
      )
      assert.is((await alice.tryGit(dir, 'nixsecret', 'check', '--staged')).code, 0)
      assert.equal(await findPlaintext(alice, dir, [MARK]), [])
      assert.equal(new Map(box.files(store).map((file) => [file, readFileSync(file, 'latin1')])), before)
      await alice.git(dir, 'commit', '-q', '-m', 'Import')
      const again = await pass('--readers', box.path('readers.toml'))
      assert.match(again.stderr, '7 files in already; nothing changed')

      const clone = bob.box.path('clone')
      await bob.box.ok('git', ['clone', '-q', `file://${dir}`, clone])
      await bob.git(clone, 'nixsecret', 'init')
      assert.is(read(clone, 'secrets/team/ssh.pub')?.toString(), ENTRIES['team/ssh.pub'])
      assert.ok(isAge(read(clone, 'secrets/web/db') as Buffer))
    } finally {
      await gpg.end()
    }
  })

test.run()
