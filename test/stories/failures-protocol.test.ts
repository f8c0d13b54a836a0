import { spawn } from 'node:child_process'
import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-312'
const alice = await Person.create('alice')
const dir = await startRepository(alice)
const run = (args: string[], input: string | Buffer = '', cwd = dir) =>
  alice.box.run('git-nixsecret', args, { cwd, input, timeout: 20_000 })

const pkt = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
const HELLO = `${pkt('git-filter-client\n')}${pkt('version=2\n')}0000`
const CAPABILITIES = `${pkt('capability=clean\n')}${pkt('capability=smudge\n')}${pkt('capability=delay\n')}0000`
const request = (command: string, path: string, content: string) =>
  `${pkt(`command=${command}\n`)}${pkt(`pathname=${path}\n`)}0000${pkt(content)}0000`

test('garbage instead of the protocol: a fault, no plaintext, no stack trace', async () => {
  for (const [what, input] of Object.entries({
    text: `${MARK} hello\n`,
    http: 'GET / HTTP/1.1\r\n\r\n',
    'wrong client': `${pkt('git-filter-server\n')}${pkt('version=2\n')}0000`,
    'wrong version': `${pkt('git-filter-client\n')}${pkt('version=3\n')}0000`,
    'bad length': `${HELLO}${CAPABILITIES}0001`,
    'unknown command': `${HELLO}${CAPABILITIES}${pkt('command=delete\n')}${pkt('pathname=x\n')}0000`,
    'no path': `${HELLO}${CAPABILITIES}${pkt('command=clean\n')}0000${pkt(MARK)}0000`,
    'cut in a packet': `${HELLO}${CAPABILITIES}${request('clean', 'secrets/x', MARK)}`.slice(0, -12),
    'cut in a file': `${HELLO}${CAPABILITIES}${request('clean', 'secrets/x', MARK)}`.slice(0, -4),
    'header without end': `${HELLO}${CAPABILITIES}${pkt('x=y\n').repeat(100)}`,
  })) {
    const session = await run(['filter-process'], input)
    assert.is(session.code, 2, `${what}: ${session.stderr}`)
    assert.match(session.stderr, /^git-nixsecret: error: /, what)
    assert.not.match(session.out + session.stderr, new RegExp(MARK), what)
    assert.not.match(session.stderr, /at .*\.js:\d/, what)
  }
})

test('stdin closed or at its end: nothing to do', async () => {
  for (const input of ['', HELLO, HELLO + CAPABILITIES])
    assert.is((await run(['filter-process'], input)).code, 0)
  const closed = await alice.box.run('sh', ['-c', 'git-nixsecret filter-process <&-'], {
    cwd: dir,
    timeout: 20_000,
  })
  assert.ok(closed.code === 0 || closed.code === 2, closed.stderr)
  assert.not.match(closed.stderr, /at .*\.js:\d/)
})

test('a well-formed session answers in ciphertext, and an error of one file ends nothing', async () => {
  const refused = request('clean', 'secrets/no', 'age-encryption.org/v1\nno')
  const good = request('clean', 'secrets/yes', MARK)
  const session = await run(['filter-process'], HELLO + CAPABILITIES + refused + good)
  assert.is(session.code, 0, session.stderr)
  assert.match(
    session.stdout.toString('latin1'),
    /status=error\n0000.{4}status=success\n0000.{4}age-encryption\.org/s,
  )
  assert.match(session.stderr, /secrets\/no: locked file was changed/)
  assert.not.match(session.out, new RegExp(MARK))
})

test('git hangs up while it is being written to: no noise, no core', async () => {
  const child = spawn('git-nixsecret', ['filter-process'], { cwd: dir, env: alice.box.env })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdout.destroy()
  child.stdin.end(HELLO + CAPABILITIES + request('clean', 'secrets/x', MARK))
  const code = await new Promise((resolve) => child.on('close', resolve))
  assert.is.not(code, 0)
  assert.not.match(stderr, /at .*\.js:\d/)
})

test('one-shot clean and smudge: faults exit with 2 and write nothing', async () => {
  for (const args of [
    ['clean'],
    ['clean', '--'],
    ['smudge'],
    ['clean', '--', 'a', 'b'],
    ['clean', '--wrong'],
  ]) {
    const result = await run(args, MARK)
    assert.is(result.code, 2, args.join(' '))
    assert.is(result.stdout.length, 0)
  }
  const outside = await run(['clean', '--', 'secrets/x'], MARK, alice.box.dir)
  assert.equal([outside.code, outside.out], [2, ''])
  const sealed = await run(['clean', '--', 'secrets/x'], MARK)
  assert.ok(isAge(sealed.stdout))
  assert.is((await run(['smudge', '--', 'secrets/x'], sealed.stdout)).out, MARK)
  assert.ok(
    (await run(['smudge', '--sealed', '--', 'secrets/x'], sealed.stdout)).stdout.equals(sealed.stdout),
  )
  const cut = sealed.stdout.subarray(0, -1)
  const damaged = await run(['smudge', '--', 'secrets/x'], cut)
  assert.is(damaged.code, 0)
  assert.ok(damaged.stdout.equals(cut))
  assert.match(damaged.stderr, /damaged/)
  assert.is((await run(['clean', '--', 'secrets/x'], cut)).code, 2)
  assert.equal((await run(['smudge', '--', 'secrets/x'], MARK)).out, MARK)
})

test('a filter that cannot be had fails closed: program gone, process set to nothing', async () => {
  alice.box.write(join(dir, 'secrets/x'), MARK)
  for (const [key, value] of [
    ['filter.nixsecret.process', 'git-nixsecret-that-is-not-there filter-process'],
    ['filter.nixsecret.process', 'false'],
    ['filter.nixsecret.process', ''],
  ]) {
    const add = await alice.tryGit(dir, '-c', `${key}=${value}`, 'add', '-A')
    assert.is.not(add.code, 0, value)
  }
  const env = {
    PATH: (process.env.PATH ?? '')
      .split(':')
      .filter((part) => !part.includes('nixsecret'))
      .join(':'),
  }
  assert.is.not((await alice.box.run('git', ['add', '-A'], { cwd: dir, env })).code, 0)
  assert.is(await alice.git(dir, 'ls-files', 'secrets'), '')
  await alice.git(dir, 'add', '-A')
  assert.ok(isAge(await blobOf(alice, dir, ':secrets/x')))
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test('a repository with SHA-256 object ids', async () => {
  const twin = alice.box.path('sha256')
  await alice.box.ok('git', ['init', '-q', '--object-format=sha256', twin])
  await alice.git(twin, 'nixsecret', 'init')
  for (let i = 0; i < 8; i++) alice.box.write(join(twin, `secrets/${i}`), `${MARK} ${i}`)
  alice.box.write(join(twin, 'secrets/large'), Buffer.alloc(2 << 20, MARK))
  await alice.git(twin, 'add', '-A')
  await alice.commit(twin, 'secrets')
  const index = await alice.git(twin, 'ls-files', '-s')
  assert.match(index, /[0-9a-f]{64} 0\tsecrets\/1/)
  rmSync(join(twin, 'secrets'), { recursive: true })
  await alice.git(twin, 'checkout', '--', '.')
  assert.is(read(twin, 'secrets/3')?.toString(), `${MARK} 3`)
  // With the memo and no key, then with a key and no memo.
  for (const env of [{ NIXSECRET_IDENTITY: '/dev/null' }, {}]) {
    for (const name of ['0', '7', 'large']) utimesSync(join(twin, 'secrets', name), 5, 5)
    await alice.box.ok('git', ['add', '--renormalize', '.'], { cwd: twin, env })
    assert.is(await alice.git(twin, 'ls-files', '-s'), index)
    rmSync(join(twin, '.git/nixsecret/memo'), { force: true })
  }
  await alice.git(twin, 'nixsecret', 'lock')
  utimesSync(join(twin, 'secrets/large'), 6, 6)
  assert.is(await alice.git(twin, 'status', '--porcelain'), '')
  assert.equal(await findPlaintext(alice, twin, [MARK]), [])
})

test.run()
