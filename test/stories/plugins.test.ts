import { existsSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, Person, read } from '../support/story.ts'
import { TestPlugin, type TestPluginKey, testPluginKey } from '../support/test-plugin.ts'

const SECRET = 'hunter2-through-a-plugin\n'

/** Somebody with a key of the test plugin alone, and a repository whose secrets it opens. */
async function start(key: TestPluginKey, reader = key.recipient) {
  const alice = await Person.create('alice', { key: false })
  const plugin = new TestPlugin(alice.box)
  const keys = alice.box.write('home/keys.txt', `# Recipient: ${key.recipient}\n${key.identity}\n`, 0o600)
  const dir = alice.box.path('repo')
  await alice.box.ok('git', ['init', '-q', dir])
  const run = (args: string[], input = '') =>
    alice.box.run('git', ['nixsecret', ...args], { cwd: dir, input })
  const init = () => run(['init', '--identity', keys, '--recipient', `alice=${reader}`])
  return { alice, plugin, dir, run, init, keys }
}

async function withSecrets(key: TestPluginKey, reader?: string) {
  const all = await start(key, reader)
  const { alice, dir, init } = all
  const done = await init()
  assert.is(done.code, 0, done.stderr)
  alice.box.write(join(dir, 'secrets/a'), SECRET)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'One')
  all.plugin.starts()
  return all
}

test('a repository whose only reader holds a plugin key', async () => {
  const key = testPluginKey('plain')
  const { alice, plugin, dir, run, init, keys } = await start(key)
  const unnamed = await run(['init', '--identity', keys])
  assert.is(unnamed.code, 2)
  assert.match(unnamed.stderr, /only age-plugin-nstest knows the public half of your key/)
  assert.match(unnamed.stderr, new RegExp(`init --recipient test=${key.recipient}\n`))
  const made = await init()
  assert.is(made.code, 0, made.stderr)
  assert.match(made.stderr, /cannot be told but by its plugin, nstest/)
  assert.equal(plugin.starts(), [])

  alice.box.write(join(dir, 'secrets/a'), SECRET)
  alice.box.write(join(dir, 'secrets/b'), `b ${SECRET}`)
  await alice.git(dir, 'add', '-A')
  assert.equal(plugin.starts(), ['recipient-v1', 'recipient-v1'])
  await alice.git(dir, 'commit', '-q', '-m', 'Two secrets')
  // What is unchanged needs no plugin, whatever its times are.
  utimesSync(join(dir, 'secrets/a'), 1e9, 1e9)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  await alice.git(dir, 'add', '--renormalize', '.')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.is((await run(['status'])).code, 0)
  assert.is((await run(['check', '--all'])).code, 0)
  assert.equal(plugin.starts(), [])
  if (needs('a blob for a plugin key in the age program', 'age')) {
    const blob = await blobOf(alice, dir, 'HEAD:secrets/a')
    assert.is(await alice.box.ok('age', ['-d', '-i', keys], { input: blob }), SECRET)
    plugin.starts()
  }

  const clone = alice.box.path('clone')
  await alice.box.ok('git', ['clone', '-q', dir, clone])
  const opened = await alice.box.run('git', ['nixsecret', 'init', '--identity', keys], { cwd: clone })
  assert.match(opened.out, /decrypted +2 files/, opened.stderr)
  assert.is(read(clone, 'secrets/b')?.toString(), `b ${SECRET}`)
  assert.equal(plugin.starts(), ['identity-v1', 'identity-v1'])

  // Somebody with a plain key needs no plugin to read, only to write.
  const bob = await Person.create('bob')
  await run(['recipient', 'add', 'bob', bob.recipient])
  const rekeyed = await run(['rekey'])
  assert.is(rekeyed.code, 0, rekeyed.stderr)
  await alice.git(dir, 'commit', '-q', '-am', 'bob reads')
  const his = bob.box.path('his')
  await bob.box.ok('git', ['clone', '-q', dir, his])
  assert.match((await bob.box.run('git', ['nixsecret', 'init'], { cwd: his })).out, /decrypted +2 files/)
  bob.box.write(join(his, 'secrets/a'), `changed ${SECRET}`)
  const refused = await bob.tryGit(his, 'add', 'secrets/a')
  assert.is(refused.code, 128)
  assert.match(
    refused.stderr,
    /secrets\/a: age-plugin-nstest is not on PATH: it is needed to encrypt to age1nstest1/,
  )
  assert.match(
    (await bob.box.run('git', ['nixsecret', 'doctor'], { cwd: his })).out,
    /nothing can be encrypted for alice/,
  )
  assert.equal(await findPlaintext(bob, his, [SECRET.trim()]), [])
  assert.equal(await findPlaintext(alice, dir, [SECRET.trim()]), [])
})

test('many secrets at once, through the thread that helps', async () => {
  const { alice, plugin, dir } = await withSecrets(testPluginKey('several'))
  for (let i = 0; i < 9; i++) alice.box.write(join(dir, `secrets/n${i}`), `${i} ${SECRET}`)
  await alice.git(dir, 'add', '-A')
  assert.is(plugin.starts().length, 9)
  await alice.commit(dir, 'Many')
  rmSync(join(dir, 'secrets'), { recursive: true })
  await alice.git(dir, 'checkout', '--', 'secrets')
  assert.is(read(dir, 'secrets/n8')?.toString(), `8 ${SECRET}`)
  assert.is(plugin.starts().length, 10)
  assert.is((await alice.tryGit(dir, 'nixsecret', 'check', '--all')).code, 0)
})

test('a plugin that is not there, or fails, leaves files locked, and says so', async () => {
  const key = testPluginKey('plain')
  const { alice, dir, run, keys } = await withSecrets(key)
  const program = join(alice.box.bin, 'age-plugin-nstest')
  const again = async () => {
    rmSync(join(dir, 'secrets/a'))
    const done = await alice.tryGit(dir, 'checkout', '--', 'secrets/a')
    assert.is(done.code, 0, done.stderr)
    return done.stderr
  }
  renameSync(program, `${program}.away`)
  const missing = await again()
  assert.match(missing, /no key here opens secrets\/a: left locked/)
  assert.match(missing, /age-plugin-nstest is not on PATH: it is needed for the key in .*keys\.txt/)
  assert.match(
    (await run(['show', 'secrets/a'])).stderr,
    /no private key here opens.*alice \(age-plugin-nstest is not on PATH/,
  )
  assert.match(
    (await run(['doctor'])).out,
    /age-plugin-nstest is not on PATH: the key in .*keys\.txt cannot be used/,
  )
  assert.match((await run(['unlock'])).stderr, /what age plugins here could open, and did not: secrets\/a/)
  // Unchanged ciphertext passes without it.
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  renameSync(`${program}.away`, program)
  for (const [behaviour, said] of [
    ['floods', /sent more than 4096 messages/],
    ['dies', /ended before it was done \(the device is on fire\)/],
    ['error', /failed: this key was revoked/],
  ] as const) {
    alice.box.write(keys, `${testPluginKey(behaviour).identity}\n`)
    assert.match(await again(), said)
  }
  alice.box.write(keys, `${key.identity}\n`)
  assert.is((await run(['unlock'])).code, 0)
  assert.is(read(dir, 'secrets/a')?.toString(), SECRET)
})

test('without a terminal a plugin asks in vain, and nothing hangs', async () => {
  const { alice, dir, run } = await withSecrets(testPluginKey('pin'))
  rmSync(join(dir, 'secrets/a'))
  const out = await alice.tryGit(dir, 'checkout', '--', 'secrets/a')
  assert.is(out.code, 0)
  assert.match(out.stderr, /failed: wrong PIN; it asked for something, and got no answer/)
  assert.match(out.stderr, /hint: git nixsecret unlock/)
  assert.is(read(dir, 'secrets/a')?.toString('latin1', 0, 22), 'age-encryption.org/v1\n')
  const shown = await run(['show', 'secrets/a'])
  assert.is(shown.code, 2)
  assert.match(shown.stderr, /got no answer/)
})

test('git add asks nobody; set does', async () => {
  const { alice, plugin, dir, run, init } = await start(testPluginKey('pinToWrap'))
  await init()
  alice.box.write(join(dir, 'secrets/a'), SECRET)
  const added = await alice.tryGit(dir, 'add', '-A')
  assert.is(added.code, 128)
  assert.match(
    added.stderr,
    /secrets\/a: age-plugin-nstest, needed .* it asks for something, which is not done while git/,
  )
  assert.equal(await findPlaintext(alice, dir, [SECRET.trim()]), [])
  assert.is((await run(['set', 'secrets/a'], SECRET)).code, 2)
  if (!needs('a PIN on a terminal', 'expect')) return
  alice.box.write('set.sh', `git nixsecret set secrets/a <<'X'\n${SECRET}X\n`)
  await alice.box.ok('expect', ['-c', dialogue('sh ../set.sh', ['PIN to encrypt: $', '1234\\r'])], {
    cwd: dir,
  })
  plugin.starts()
  // Nothing is sealed again.
  await alice.git(dir, 'add', '-A')
  assert.equal(plugin.starts(), [])
})

if (needs('plugins that ask on a terminal', 'expect')) {
  test('on a terminal a plugin gets its answers', async () => {
    const dialogues: ['pin' | 'chatty', ...Talk[]][] = [
      ['pin', ['age-plugin-nstest: PIN of the test key: $', '1234\\r']],
      [
        'chatty',
        ['Hello\\?\\[31m, world.*Sure\\? \\(1: go on, 2: stop\\): $', '1\\r'],
        ['age-plugin-nstest: Name: $', 'Adx\\177a\\r'],
      ],
    ]
    for (const [behaviour, ...talk] of dialogues) {
      const { alice, dir } = await withSecrets(testPluginKey(behaviour))
      rmSync(join(dir, 'secrets/a'))
      await alice.tryGit(dir, 'checkout', '--', 'secrets/a')
      const script = dialogue('git nixsecret unlock', ...talk)
      const done = await alice.box.run('expect', ['-c', script], { cwd: dir })
      assert.is(done.code, 0, done.out)
      assert.not.match(done.out, /1234/)
      assert.is(read(dir, 'secrets/a')?.toString(), SECRET, behaviour)
    }
  })

  test('Ctrl-C ends a plugin that waits for ever, and the command', async () => {
    const reader = testPluginKey('plain')
    const { alice, dir } = await withSecrets(testPluginKey('hangs'), reader.recipient)
    const pid = alice.box.path('pid')
    alice.box.write(
      'bin/age-plugin-nstest',
      `#!/bin/sh\necho $$ > '${pid}'\ntrap '' INT\nwhile :; do sleep 0.1; done\n`,
      0o755,
    )
    const script = dialogue('git nixsecret show --rev HEAD secrets/a', [
      'waiting for age-plugin-nstest',
      '\\003',
    ])
    const done = await alice.box.run('expect', ['-c', script], { cwd: dir })
    assert.is(done.code, 130, done.out)
    assert.ok(existsSync(pid))
    await mustBeGone(Number(read(alice.box.dir, 'pid')))
  })
}

/** What to wait for, as a regular expression, and what to type then. */
type Talk = [string, string]

/** What a person types, for expect; it exits with the command's code. */
function dialogue(command: string, ...talk: Talk[]): string {
  const lines = talk.map(
    ([wait, type]) => `expect {\n  -re {${wait}} {}\n  eof { exit 98 }\n}\nsend "${type}"`,
  )
  return `set timeout 100\nspawn ${command}\n${lines.join('\n')}\nexpect {\n  eof {}\n  timeout { exit 99 }\n}
set end [wait]\nif {[llength $end] > 4} { exit 130 }\nexit [lindex $end 3]`
}

async function mustBeGone(pid: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the plugin is still there')
}

test.run()
