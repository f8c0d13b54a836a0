import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseHostAddress } from '../../src/host/scan-host.ts'
import { Sshd } from '../guard/receive-sshd.ts'
import { needs } from '../support/needs.ts'
import { PROGRAM } from '../support/sandbox.ts'
import { SshAgent } from '../support/ssh-agent.ts'
import { Person, startRepository } from '../support/story.ts'

const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

test('what may be a host, and nothing that ssh-keyscan would take for something else', () => {
  for (const [text, host, port] of [
    ['web1', 'web1', 22],
    ['web1.example.org:2222', 'web1.example.org', 2222],
    ['10.0.0.1', '10.0.0.1', 22],
    ['[::1]:2222', '::1', 2222],
    ['[fe80::1]', 'fe80::1', 22],
    ['under_score', 'under_score', 22],
  ] as const)
    assert.equal(parseHostAddress(text), { host, port }, text)
  const no = [
    '',
    '-oX',
    '-f/etc/passwd',
    'a,b',
    'a b',
    'a\n',
    'a;b',
    'a/b',
    '::1',
    'a:0',
    'a:65536',
    'a:x',
    '[a',
    'a-',
    '[::1%lo]',
  ]
  for (const text of [...no, 'ä', `${'a'.repeat(254)}`, '~', '*', '[g::1]'])
    assert.is(parseHostAddress(text), null, text)
})

async function start() {
  const alice = await Person.create('alice')
  const dir = await startRepository(alice)
  const run = (args: string[], input = '') =>
    alice.box.run('git-nixsecret', ['recipient', ...args], { cwd: dir, input })
  const policy = () => readFileSync(join(dir, 'nixsecret.toml'), 'utf8').replace(/ +=/g, ' =')
  return { alice, dir, run, policy }
}

if (needs('keys that are found', 'ssh-keygen')) {
  test('--file: shown, chosen, agreed to; without a terminal only by --yes', async () => {
    const { alice, run, policy } = await start()
    const { box } = alice
    const before = policy()
    const bob = await Person.create('bob')
    const [, body = ''] = bob.recipient.split(' ')
    await box.ok('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-C', 'old', '-f', box.path('ecdsa')])
    const ecdsa = readFileSync(box.path('ecdsa.pub'), 'utf8')
    const one = box.write('one.pub', bob.recipient)
    const list = box.write('list', `# team\n${bob.recipient}\n${AGE}\n${ecdsa}`)
    const print = (await box.ok('ssh-keygen', ['-lf', one])).split(' ')[1] as string

    const unasked = await run(['add', 'bob', '--file', one, '--no-default'])
    assert.is(unasked.code, 2)
    assert.ok(unasked.stderr.includes(`  • ssh-ed25519 ${print} bob\n`), unasked.stderr)
    assert.ok(
      unasked.stderr.includes(
        `hint: git nixsecret recipient add bob --file ${one} --no-default --fingerprint ${print} --yes\n`,
      ),
    )
    const which = await run(['add', 'bob', '--file', list, '--yes'])
    assert.is(which.code, 2)
    assert.match(which.stderr, /several keys can be used: say which/)
    assert.match(which.stderr, /- ecdsa-sha2-nistp256 SHA256:\S+ old \(age encrypts to/)
    assert.ok(which.stderr.includes(`--fingerprint ${AGE} --yes`))
    assert.is(policy(), before)

    const cases: [string[], RegExp, string?][] = [
      [['add', 'bob', '--file', list, '--fingerprint', 'SHA256:nope', '--yes'], /no usable key SHA256:nope/],
      [['add', 'bob', '--file', box.path('ecdsa.pub'), '--yes'], /no key of \S+ can be used/],
      [['add', 'bob', '--file', box.path('ecdsa'), '--yes'], /private key/],
      [['add', 'bob', '--file', box.path('none'), '--yes'], /cannot read \S+none: ENOENT/],
      [['add', 'bob', '--file', box.dir, '--yes'], /EISDIR/],
      [['add', 'bob', '--file', '-', '--yes'], /standard input holds no public key/, '<html>\n'],
      [['add', 'bob', AGE, '--file', one, '--yes'], /one key is needed/],
      [['add', 'bob', '--file', one, '--github', 'bob'], /one key is needed/],
      [['add', 'bob', AGE, '--yes'], /go with --github/],
      [['add', '--file', one, '--yes'], /needs NAME/],
      [['list', '--file', one], /only "recipient add"/],
      [['add', 'bob', '--github', '../bob'], /can't be the name of a GitHub user/],
      [['add', 'bob', '--ssh-host=-oProxyCommand=x'], /is no host/],
      [['add', 'bob', '--ssh-host', '127.0.0.1:1'], /no SSH server showed/],
    ]
    for (const [args, message, input] of cases) {
      const done = await run(args, input)
      assert.is(done.code, 2, `${args.join(' ')}\n${done.stderr}`)
      assert.match(done.stderr, message)
      assert.not.match(done.stderr, /html|b3BlbnNzaC1r/)
    }
    assert.is(policy(), before)

    const added = await run(['add', 'bob', '--file', list, '--fingerprint', print, '--yes'])
    assert.is(added.code, 0, added.stderr)
    assert.ok(policy().includes(`bob = "ssh-ed25519 ${body} bob"`), policy())
    const age = await run(['add', 'backup', '--file', '-', '--yes'], `# public key: ${AGE}\n${AGE}\n`)
    assert.is(age.code, 0, age.stderr)
    assert.ok(policy().includes(`backup = "${AGE}"`))
  })
}

if (needs('a key that is agreed to on a terminal', 'python3', 'ssh-keygen')) {
  test('on a terminal: yes, no, and one of several', async () => {
    const { alice, dir, policy } = await start()
    const { box } = alice
    const bob = await Person.create('bob')
    const one = box.write('one.pub', bob.recipient)
    const list = box.write('list', `${AGE}\n${bob.recipient}\n`)
    const driver = box.write(
      'driver.py',
      `import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
out = b''
while True:
    try: piece = os.read(fd, 4096)
    except OSError: break
    if not piece: break
    out += piece
    if sys.argv[1] and (b'[y/N] ' in out or b'for none: ' in out):
        os.write(fd, sys.argv[1].encode() + b'\\n'); sys.argv[1] = ''
sys.stdout.buffer.write(out)
sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
`,
    )
    const type = (answer: string, args: string[]) =>
      box.run('python3', [driver, answer, 'git-nixsecret', 'recipient', ...args], { cwd: dir })
    const before = policy()
    for (const [answer, file] of [
      ['n', one],
      [' ', one],
      ['3', list],
      ['0', list],
      ['x', list],
    ] as const) {
      const no = await type(answer, ['add', 'bob', '--file', file])
      assert.is(no.code, 2, no.out)
      assert.match(no.out, /not confirmed: nothing was changed/)
    }
    assert.is(policy(), before)
    const yes = await type('y', ['add', 'bob', '--file', one])
    assert.is(yes.code, 0, yes.out)
    const second = await type('1', ['add', 'backup', '--file', list])
    assert.is(second.code, 0, second.out)
    assert.match(second.out, /1\. \S+ age1[\s\S]*2\. ssh-ed25519/)
    assert.ok(policy().includes(`backup = "${AGE}"`))
  })
}

if (
  needs(
    'the host key of a real sshd, and an agent that is forwarded to it',
    'sshd',
    'ssh',
    'ssh-keyscan',
    'ssh-agent',
  )
) {
  test('--ssh-host: unknown, known, changed, revoked; and what a forwarded agent gives away', async () => {
    const { alice, run, policy } = await start()
    const { box } = alice
    const sshd = await Sshd.start(box)
    try {
      const address = `127.0.0.1:${sshd.port}`
      const host = readFileSync(box.path('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
      const known = (line: string) => box.write(join(box.home, '.ssh/known_hosts'), `${line}\n`)
      const name = `[127.0.0.1]:${sshd.port}`
      const add = () => run(['add', 'web1', '--ssh-host', address, '--no-default', '--yes'])
      const before = policy()
      const unasked = await run(['add', 'web1', '--ssh-host', address])
      assert.is(unasked.code, 2)
      assert.match(unasked.stderr, /warning: known_hosts does not know \S+: whoever is between/)
      const { recipient: other } = await Person.create('mallory')
      known(`${name} ${other}`)
      const changed = await add()
      assert.is(changed.code, 2)
      assert.match(changed.stderr, /shows another ssh-ed25519 key than known_hosts has/)
      known(`@revoked ${name} ${host}`)
      assert.match((await add()).stderr, /is revoked in known_hosts/)
      assert.is(policy(), before)
      known(`${name} ${host}`)
      await box.ok('ssh-keygen', ['-q', '-H', '-f', join(box.home, '.ssh/known_hosts')])
      const same = await add()
      assert.is(same.code, 0, same.stderr)
      assert.match(same.stderr, /known_hosts has the same key/)
      assert.not.match(same.stderr, /warning: known_hosts/)
      assert.ok(policy().includes(`web1 = "${host} 127.0.0.1"`), policy())

      // The documented risk: the machine that an agent is forwarded to derives the same identity.
      const agent = await SshAgent.start(box)
      await agent.make('key', ['-t', 'ed25519'])
      const env = { ...agent.env, ...sshd.env }
      const here = await box.ok('git-nixsecret', ['identity', '--ssh-agent'], { env })
      mkdirSync(box.path('far'))
      const [ssh = '', ...options] = (sshd.env.GIT_SSH_COMMAND ?? '').split(' ')
      const remote = `cd '${box.path('far')}' && '${process.execPath}' '${PROGRAM}' identity --ssh-agent`
      const target = sshd.url('').replace(/:\d+$/, '').replace('ssh://', '')
      const go = (flag: string) =>
        box.run(ssh, [...options, flag, '-p', String(sshd.port), '--', target, remote], { env })
      const forwarded = await go('-A')
      assert.is(forwarded.code, 0, forwarded.stderr)
      assert.is(forwarded.out, here)
      const alone = await go('-a')
      assert.is(alone.code, 2)
      assert.match(alone.stderr, /SSH_AUTH_SOCK is not set/)
      await agent.stop()
    } finally {
      await sshd.stop()
    }
  })
}

test.run()
