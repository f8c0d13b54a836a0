import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { begin, Person } from '../support/story.ts'
import { fromTemplate } from '../support/template.ts'

const MARK = 'plain-mark-61'

async function start() {
  const box = await fromTemplate('alice', ['repo'], async () => {
    const { person, dir } = await begin('alice')
    person.box.write(join(dir, 'secrets/a'), `${MARK} a`)
    person.box.write(join(dir, 'secrets/web/b'), `${MARK} b`)
    await person.git(dir, 'add', '-A')
    await person.commit(dir, 'secrets')
    return person.box
  })
  const [alice, bob, dir] = [Person.in(box), await Person.create('bob'), box.path('repo')]
  const run = (args: string[], cwd = dir) => alice.box.run('git-nixsecret', args, { cwd })
  const policy = () => readFileSync(join(dir, 'nixsecret.toml'), 'utf8')
  const name = (await run(['recipient', 'list'])).out.split('\n')[1]?.split(' ')[0] as string
  return { alice, bob, dir, run, policy, name }
}

test('add makes a reader of what no rule names, keeps comments and mode, and leads to rekey', async () => {
  const { bob, dir, run, policy } = await start()
  const before = policy()
  chmodSync(join(dir, 'nixsecret.toml'), 0o640)
  const add = await run(['recipient', 'add', 'bob', bob.recipient], join(dir, 'secrets'))
  assert.is(add.code, 0, add.stderr)
  assert.match(add.stderr, /bob is in nixsecret\.toml now, and may read 2 files/)
  assert.is(add.out, '  secrets/a\n  secrets/web/b\n')
  assert.match(add.stderr, /2 files are still encrypted for other readers[\s\S]*hint: git nixsecret rekey/)
  assert.match(policy(), /^to = \[.*"bob"\]$/m)
  assert.is(statSync(join(dir, 'nixsecret.toml')).mode & 0o777, 0o640)
  for (const line of before.split('\n').filter((text) => text.startsWith('#')))
    assert.ok(policy().includes(line))
  assert.match((await run(['recipient', 'add', 'bob', bob.recipient])).stderr, /just so already/)
  assert.is((await run(['rekey'])).code, 0)
  assert.match(
    (await run(['recipient', 'add', 'bob', bob.recipient])).stderr,
    /^hint: git add nixsecret\.toml$/m,
  )
})

test('add into a group, or nowhere', async () => {
  const { alice, bob, dir, run, policy, name } = await start()
  const rule = `\n[groups]\nweb = ["${name}"]\n\n[[rule]]\npaths = ["/secrets/web/**"]\nto = ["@web"]\n`
  alice.box.write(join(dir, 'nixsecret.toml'), policy() + rule)
  const add = await run(['recipient', 'add', 'bob', ...bob.recipient.split(' '), '--group', 'web'])
  assert.is(add.code, 0, add.stderr)
  assert.is(add.out, '  secrets/web/b\n')
  assert.match(policy(), /^web = \[".*", "bob"\]$/m)
  const unknown = await run(['recipient', 'add', 'carol', bob.recipient, '--group', 'nope'])
  assert.is(unknown.code, 2)
  assert.match(unknown.stderr, /unknown group/)
  const carol = await Person.create('carol')
  const none = await run(['recipient', 'add', 'carol', carol.recipient, '--no-default'])
  assert.is(none.code, 0, none.stderr)
  assert.match(none.stderr, /may read 0 files[\s\S]*nothing names carol yet/)
})

test('what is no public key, or no name, is refused, and nothing is written', async () => {
  const { bob, dir, run, policy, name } = await start()
  const before = policy()
  const cases: [string[], RegExp][] = [
    [['add', 'bob', 'age1qqqq'], /checksum|age1/],
    [['add', 'bob', 'AGE-SECRET-KEY-1ABC'], /private key/],
    [['add', 'bob'], /needs NAME and KEY/],
    [['add', 'b ob', bob.recipient], /cannot be the name/],
    [['add', name, bob.recipient], /already, with another key/],
    [['remove', 'nobody'], /no recipient/],
    [['remove', name], /only one in/],
    [['remove'], /one NAME/],
    [['lst'], /recipient needs one of/],
  ]
  for (const [args, message] of cases) {
    const done = await run(['recipient', ...args])
    assert.is(done.code, 2, args.join(' '))
    assert.match(done.stderr, message)
    assert.not.match(done.stderr, /SECRET-KEY-1ABC/)
  }
  assert.is(policy(), before)
  assert.equal((await run(['recipient', 'list'])).code, 0)
  assert.is(
    await import('node:fs').then((fs) => fs.readdirSync(dir).some((file) => file.endsWith('.tmp'))),
    false,
  )
})

test('remove says what the removed reader still knows', async () => {
  const { bob, run, policy } = await start()
  await run(['recipient', 'add', 'bob', bob.recipient])
  await run(['rekey'])
  const remove = await run(['recipient', 'remove', 'bob'])
  assert.is(remove.code, 0, remove.stderr)
  assert.match(remove.stderr, /warning: bob still knows what could be read until now/)
  assert.is(remove.out, '  secrets/a\n  secrets/web/b\n')
  assert.match(remove.stderr, /2 files are still encrypted for other readers/)
  assert.not.match(policy(), /bob/)
})

test('list: aligned for people, complete for machines', async () => {
  const { bob, run, name } = await start()
  await run(['recipient', 'add', 'bob', bob.recipient])
  const list = (await run(['recipient', 'list'])).out.trimEnd().split('\n')
  assert.match(list[0] as string, /^NAME +TYPE +READS +GROUPS +KEY$/)
  assert.is(list.length, 3)
  const own = list.find((line) => line.startsWith(`${name} (you)`))
  assert.match(own ?? '', /ssh-ed25519 +2 files +– +…/)
  const json = JSON.parse((await run(['recipient', 'list', '--json'])).out)
  const entry = json.find((one: { name: string }) => one.name === 'bob')
  assert.equal(entry, {
    name: 'bob',
    key: bob.recipient,
    type: 'ssh-ed25519',
    groups: [],
    files: ['secrets/a', 'secrets/web/b'],
    own: false,
  })
})

test('a nixsecret.toml that is missing, broken or a symlink is not edited', async () => {
  const { alice, bob, dir, run, policy } = await start()
  const text = policy()
  const add = () => run(['recipient', 'add', 'bob', bob.recipient])
  alice.box.write(join(dir, 'nixsecret.toml'), `${text}\n[nonsense]\n`)
  assert.match((await add()).stderr, /nixsecret\.toml:\d+: /)
  await alice.box.ok('mv', ['nixsecret.toml', 'other.toml'], { cwd: dir })
  assert.match((await add()).stderr, /has no nixsecret\.toml/)
  alice.box.write(join(dir, 'other.toml'), text)
  symlinkSync('other.toml', join(dir, 'nixsecret.toml'))
  assert.match((await add()).stderr, /not a regular file/)
  assert.is(policy(), text)
})

test.run()
