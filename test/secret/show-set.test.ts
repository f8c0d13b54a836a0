import { readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { begin, blobOf, findPlaintext, isAge, type Person, read } from '../support/story.ts'

const MARK = 'plain-mark-57'

async function start() {
  const { person: alice, dir } = await begin('alice')
  const run = (args: string[], input: string | Uint8Array = '', cwd = dir) =>
    alice.box.run('git-nixsecret', args, { cwd, input })
  const status = () => alice.git(dir, 'status', '--porcelain')
  return { alice, dir, run, status }
}

async function clean(person: Person, dir: string) {
  assert.equal(await findPlaintext(person, dir, [MARK]), [])
}

test('set makes standard input a new secret: ciphertext staged, plaintext in the work tree', async () => {
  const { alice, dir, run, status } = await start()
  const set = await run(['set', 'secrets/new'], `${MARK}\n\0\r\n`)
  assert.is(set.code, 0, set.stderr)
  assert.match(set.stderr, /secrets\/new is staged, encrypted for/)
  assert.is(isAge(await blobOf(alice, dir, ':secrets/new')), true)
  assert.is(read(dir, 'secrets/new')?.toString('latin1'), `${MARK}\n\0\r\n`)
  assert.is(statSync(join(dir, 'secrets/new')).mode & 0o777, 0o600)
  assert.is(await status(), 'A  secrets/new\n')
  const shown = await run(['show', 'secrets/new'])
  assert.is(shown.stdout.toString('latin1'), `${MARK}\n\0\r\n`)
  await clean(alice, dir)
})

test('set again with the same content changes nothing, with other content it does', async () => {
  const { alice, dir, run, status } = await start()
  await run(['set', 'secrets/a'], MARK)
  await alice.commit(dir, 'a')
  const again = await run(['set', 'secrets/a'], MARK)
  assert.match(again.stderr, /holds just this already/)
  assert.is(await status(), '')
  await run(['set', 'secrets/a'], `${MARK} two`)
  assert.is(await status(), 'M  secrets/a\n')
  assert.is((await run(['show', '--rev', 'HEAD', 'secrets/a'])).out, MARK)
  assert.is((await run(['show', 'secrets/a'])).out, `${MARK} two`)
  await clean(alice, dir)
})

test('set needs no key, and then the work tree gets ciphertext', async () => {
  const { alice, dir, run } = await start()
  const env = { NIXSECRET_IDENTITY: '/dev/null' }
  const set = await alice.box.run('git-nixsecret', ['set', 'secrets/a'], { cwd: dir, input: MARK, env })
  assert.is(set.code, 0, set.stderr)
  assert.is(isAge(read(dir, 'secrets/a') as Buffer), true)
  assert.is((await alice.box.run('git', ['status', '--porcelain'], { cwd: dir, env })).out, 'A  secrets/a\n')
  assert.is((await run(['show', 'secrets/a'])).out, MARK)
  await clean(alice, dir)
})

test('paths: from a subdirectory, absolute, odd names, not outside', async () => {
  const { alice, dir, run } = await start()
  for (const name of ['a b', 'ünï', '-dash', 'new\nline', '"quo\'te', '*', '.env']) {
    await run(['set', '--', `secrets/${name}`], `${MARK} ${name}`)
    assert.is((await run(['show', '--', `secrets/${name}`])).out, `${MARK} ${name}`)
    assert.is(isAge(await blobOf(alice, dir, `:secrets/${name}`)), true, name)
  }
  const below = join(dir, 'secrets')
  assert.is((await run(['show', '.env'], '', below)).out, `${MARK} .env`)
  assert.is((await run(['show', '../secrets/./.env'], '', below)).out, `${MARK} .env`)
  assert.is((await run(['show', join(dir, 'secrets/.env')], '', '/')).code, 2)
  assert.is((await run(['show', join(dir, 'secrets/.env')], '', below)).out, `${MARK} .env`)
  const outside = await run(['show', '../../etc/passwd'], '', below)
  assert.is(outside.code, 2)
  assert.match(outside.stderr, /outside of this repository/)
  await clean(alice, dir)
})

test('paths whose bytes are no UTF-8', async () => {
  const { alice, dir } = await start()
  // The shell makes the argument, as Node can't pass such bytes.
  const script =
    'git-nixsecret set "secrets/$(printf "x\\377y")" && git-nixsecret show "secrets/$(printf "x\\377y")"'
  const done = await alice.box.run('sh', ['-c', script], { cwd: dir, input: MARK })
  assert.is(done.out, MARK, done.stderr)
  assert.match(await alice.git(dir, 'ls-files', '-s'), /"secrets\/x\\377y"/)
  await clean(alice, dir)
})

test('set refuses what would not be encrypted, or is something else', async () => {
  const { alice, dir, run, status } = await start()
  await run(['set', 'secrets/a'], MARK)
  await alice.commit(dir, 'a')
  symlinkSync('a', join(dir, 'secrets/link'))
  const cases: [string, RegExp][] = [
    [
      'plain.txt',
      /no \.gitattributes line makes this a secret[\s\S]*hint: echo '\/plain\.txt filter=nixsecret/,
    ],
    ['nixsecret.toml', /never encrypted/],
    ['secrets/.gitattributes', /never encrypted/],
    ['secrets', /is a directory/],
    ['secrets/a/b', /below secrets\/a, which is no directory/],
    ['secrets/link', /not a regular file/],
    ['.', /is a directory/],
  ]
  for (const [path, message] of cases) {
    const set = await run(['set', path], MARK)
    assert.is(set.code, 2, path)
    assert.match(set.stderr, message, path)
  }
  const twice = await run(['set', 'secrets/a'], await blobOf(alice, dir, 'HEAD:secrets/a'))
  assert.is(twice.code, 2)
  assert.match(twice.stderr, /set --sealed secrets\/a/)
  assert.is(await status(), '?? secrets/link\n')
  await clean(alice, dir)
})

test('an empty standard input makes an empty file, and that is said', async () => {
  const { alice, dir, run } = await start()
  const set = await run(['set', 'secrets/empty'], '')
  assert.is(set.code, 0)
  assert.match(set.stderr, /warning: standard input was empty/)
  assert.is((await blobOf(alice, dir, ':secrets/empty')).length, 0)
  assert.is((await run(['show', 'secrets/empty'])).out, '')
})

test('set keeps the executable bit and mends a locked file that was changed', async () => {
  const { alice, dir, run, status } = await start()
  await run(['set', 'secrets/run'], `#!/bin/sh ${MARK}`)
  await alice.git(dir, 'update-index', '--chmod=+x', 'secrets/run')
  await alice.commit(dir, 'run')
  await run(['lock'])
  alice.box.write(join(dir, 'secrets/run'), `${read(dir, 'secrets/run')?.toString('latin1')}X`)
  assert.is((await alice.tryGit(dir, 'add', '-A')).code === 0, false)
  const set = await run(['set', 'secrets/run'], `#!/bin/sh ${MARK} 2`)
  assert.is(set.code, 0, set.stderr)
  assert.is(await status(), 'M  secrets/run\n')
  assert.match(await alice.git(dir, 'ls-files', '-s', 'secrets/run'), /^100755/)
  assert.is(isAge(read(dir, 'secrets/run') as Buffer), true)
  await clean(alice, dir)
})

test('set --sealed takes whole age files only, and judges their readers', async () => {
  if (!needs('set --sealed with files of age', 'age', 'age-keygen')) return
  const { alice, dir, run, status } = await start()
  const pub = join(alice.box.home, '.ssh/id_ed25519.pub')
  const binary = (await alice.box.run('age', ['-R', pub], { input: MARK })).stdout
  const armored = (await alice.box.run('age', ['-a', '-R', pub], { input: MARK })).stdout
  for (const [name, file] of [
    ['bin', binary],
    ['arm', armored],
  ] as const) {
    const set = await run(['set', '--sealed', `secrets/${name}`], file)
    assert.is(set.code, 0, set.stderr)
    assert.match(set.stderr, /does not say whom it is for/)
    assert.is((await blobOf(alice, dir, `:secrets/${name}`)).equals(file), true)
    assert.is((await run(['show', `secrets/${name}`])).out, MARK)
  }
  assert.is(await status(), 'A  secrets/arm\nA  secrets/bin\n')
  // An armored file stays armored when its content is replaced.
  await run(['set', 'secrets/arm'], `${MARK} 2`)
  assert.match((await blobOf(alice, dir, ':secrets/arm')).toString(), /^-----BEGIN AGE/)
  const { person: bob, dir: other } = await begin('bob')
  await bob.box.run('git-nixsecret', ['set', 'secrets/x'], { cwd: other, input: MARK })
  for (const [bad, message] of [
    [MARK, /does not begin as an age file/],
    ['', /was empty/],
    [binary.subarray(0, -40), /not a whole age file/],
    [Buffer.concat([binary.subarray(0, 60), Buffer.from('!!')]), /not a whole age file/],
    [await blobOf(bob, other, ':secrets/x'), /other readers than nixsecret.toml names/],
  ] as const) {
    const set = await run(['set', '--sealed', 'secrets/bin'], bad)
    assert.is(set.code, 2, String(message))
    assert.match(set.stderr, message)
  }
  assert.is((await blobOf(alice, dir, ':secrets/bin')).equals(binary), true)
  await clean(alice, dir)
})

test('show without a key says who can read; without the file, that it is missing; of a damaged one, that it is', async () => {
  const { alice, dir, run } = await start()
  await run(['set', 'secrets/a'], MARK)
  await alice.commit(dir, 'a')
  await run(['lock'])
  const env = { NIXSECRET_IDENTITY: '/dev/null' }
  const locked = await alice.box.run('git-nixsecret', ['show', 'secrets/a'], { cwd: dir, env })
  assert.is(locked.code, 2)
  assert.match(locked.stderr, /no private key here opens secrets\/a; nixsecret.toml lets these read it: \S+/)
  assert.match(locked.stderr, /^hint: /m)
  assert.is((await run(['show', 'secrets/none'])).code, 2)
  assert.match((await run(['show', '--rev', 'nope', 'secrets/a'])).stderr, /knows no revision nope/)
  assert.match((await run(['show', '--rev', 'HEAD', 'secrets/b'])).stderr, /not in HEAD/)
  const file = join(dir, 'secrets/a')
  alice.box.write(file, readFileSync(file).subarray(0, -5))
  const damaged = await run(['show', 'secrets/a'])
  assert.is(damaged.code, 2)
  assert.match(damaged.stderr, /is damaged/)
  assert.is(damaged.out, '')
})

test('large contents flow', async () => {
  const { alice, dir, run } = await start()
  const line = `${MARK} ${'x'.repeat(53)}\n`
  const large = Buffer.from(line.repeat(500_000))
  const set = await run(['set', 'secrets/large'], large)
  assert.is(set.code, 0, set.stderr)
  await alice.commit(dir, 'large')
  await run(['lock'])
  assert.is((await run(['show', 'secrets/large'])).stdout.equals(large), true)
  assert.is((await run(['show', '--rev', 'HEAD', 'secrets/large'])).stdout.equals(large), true)
  const head = await alice.box.run('sh', ['-c', 'git-nixsecret show secrets/large | head -c 13'], {
    cwd: dir,
  })
  assert.is(head.out, MARK)
  assert.is(head.stderr, '')
  await clean(alice, dir)
})

test.run()
