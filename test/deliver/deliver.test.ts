import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { has, needs } from '../support/needs.ts'
import { findPlaintext, Person } from '../support/story.ts'
import { HostPlace } from './host-place.ts'

const test = suite('deliver')
const able = HostPlace.able('deliveries to a real sshd')
let place: HostPlace
let alice: Person

test.before(async () => {
  if (!able) return
  alice = await Person.create('alice')
  place = await HostPlace.start(alice)
})

test.after(async () => {
  if (able) await place.stop()
})

const DB = 'plain-mark-db-one'
const TLS = `plain-mark-tls\0\n\r\xff${'x'.repeat(150_000)}`
const BOTH = `
[host.h1]

[[host.h1.key]]
path = "secrets/db"

[[host.h1.key]]
path  = "/secrets/tls"
name  = "key"
dir   = "/run/tls/deep"
user  = "postgres"
group = "keys"
mode  = "0440"
`
const ONE = '[host.h1]\n[[host.h1.key]]\npath = "secrets/db"\n'

if (able) {
  test('first a look: it says what would be done, does nothing, and sends no secret', async () => {
    await place.policy(BOTH, { 'secrets/db': DB, 'secrets/tls': Buffer.from(TLS, 'latin1') })
    const before = await place.state()
    const log = alice.box.path('sent')
    const look = await alice.box.run('git-nixsecret', ['deliver', '--dry-run', 'h1'], {
      cwd: place.repo,
      env: { SSH_TEE: log },
    })
    assert.is(look.code, 0, look.stderr)
    assert.is(
      look.out,
      'h1: 2 would be written, 0 unchanged\n  + /run/keys/db  (secrets/db)\n  + /run/tls/deep/key  (secrets/tls)\n',
    )
    assert.match(look.stderr, /1 host looked at, nothing sent/)
    assert.is(await place.state(), before)
    const sent = readFileSync(log, 'latin1')
    assert.match(sent, 'file db /run/keys')
    assert.not.match(sent, 'plain-mark')
  })

  test('then all of it, with owner, group and mode; and a second time nothing', async () => {
    const done = await place.deliver('h1')
    assert.is(done.code, 0, done.stderr)
    assert.match(done.out, /^h1: 2 written, 0 unchanged\n/)
    assert.is(place.text('/run/keys/db'), DB)
    assert.ok(readFileSync(place.at('/run/tls/deep/key')).equals(Buffer.from(TLS, 'latin1')))
    assert.is(place.owner('/run/keys/db'), '0:0 600')
    assert.is(place.owner('/run/keys'), '0:4000 750')
    assert.is(place.owner('/run/tls/deep/key'), '4003:4000 440')
    assert.equal([place.owner('/run/tls'), place.owner('/run/tls/deep')], ['0:0 755', '0:4000 750'])
    assert.equal([...place.list('/run/keys'), ...place.list('/run/tls/deep')], ['db', 'key'])
    const before = await place.state()
    const again = await place.deliver('--all')
    assert.is(again.out, 'h1: 2 unchanged\n')
    assert.is(await place.state(), before)
    assert.equal(await findPlaintext(alice, place.repo, ['plain-mark']), [])
  })

  test('only what changed: other bytes, and another mode without sending them', async () => {
    const was = await place.state()
    const log = alice.box.path('sent')
    await place.policy(BOTH.replace('0440', '0400'), { 'secrets/db': 'plain-mark-db-two' })
    const done = await alice.box.run('git-nixsecret', ['deliver', 'h1'], {
      cwd: place.repo,
      env: { SSH_TEE: log },
    })
    assert.is(
      done.out,
      'h1: 2 written, 0 unchanged\n  ~ /run/keys/db  (secrets/db)\n  ~ /run/tls/deep/key  (now postgres:keys 0400)\n',
    )
    assert.is(place.text('/run/keys/db'), 'plain-mark-db-two')
    assert.is(place.owner('/run/tls/deep/key'), '4003:4000 400')
    assert.ok(readFileSync(place.at('/run/tls/deep/key')).equals(Buffer.from(TLS, 'latin1')))
    const sent = readFileSync(log, 'latin1')
    assert.match(sent, 'plain-mark-db-two')
    assert.not.match(sent, 'plain-mark-tls')
    assert.is.not(await place.state(), was)
  })

  test('after a reboot everything again; and what another put there meanwhile is not taken away', async () => {
    await place.reboot()
    await place.sh('mkdir -p /run/tls/deep && echo stranger >/run/tls/deep/key')
    await place.policy(ONE)
    const done = await place.deliver('h1')
    assert.is(
      done.out,
      'h1: 1 written, 0 unchanged\n  + /run/keys/db  (secrets/db)\n' +
        '  ? /run/tls/deep/key  (no longer named, but others have written it since: left)\n',
    )
    assert.is(place.text('/run/tls/deep/key'), 'stranger\n')
    // It was never ours, and is not spoken of again.
    assert.is((await place.deliver('h1')).out, 'h1: 1 unchanged\n')
  })

  test('what is named no longer goes, and nothing else', async () => {
    await place.sh('echo stranger >/run/keys/other')
    await place.policy('[host.h1]\n')
    const look = await place.deliver('h1', '--dry-run')
    assert.is(look.out, 'h1: 1 would be removed, 0 unchanged\n  - /run/keys/db\n')
    assert.equal(place.list('/run/keys'), ['db', 'other'])
    assert.is((await place.deliver('h1')).out, 'h1: 1 removed, 0 unchanged\n  - /run/keys/db\n')
    assert.equal(place.list('/run/keys'), ['other'])
    assert.is((await place.deliver('h1')).out, 'h1: 0 unchanged\n')
  })

  test('layouts: krops keeps folders, terraform-nixos shares with a group; what moves leaves its old place', async () => {
    const key = (path: string) => `[[host.h1.key]]\npath = "${path}"\n`
    await place.policy(
      `[host.h1]\n${key('secrets/web/db')}${key('secrets/db')}`.replace('web/db', 'web1/pw'),
      {
        'secrets/web1/pw': 'plain-mark-pw',
      },
    )
    const krops = await place.deliver('h1', '--layout', 'krops')
    assert.is(krops.code, 0, krops.stderr)
    assert.is(place.text('/var/src/secrets/web1/pw'), 'plain-mark-pw')
    assert.equal(
      ['/var/src', '/var/src/secrets', '/var/src/secrets/web1', '/var/src/secrets/web1/pw'].map((path) =>
        place.owner(path),
      ),
      ['0:0 755', '0:0 700', '0:0 700', '0:0 600'],
    )
    const moved = await place.deliver('h1', '--layout', 'terraform-nixos', '--json')
    const { hosts, dryRun } = JSON.parse(moved.out)
    assert.is(dryRun, false)
    assert.equal(hosts, [
      {
        ...{ host: 'h1', address: 'h1', state: 'done' },
        files: [
          { path: 'secrets/web1/pw', target: '/var/keys/pw', change: 'new' },
          { path: 'secrets/db', target: '/var/keys/db', change: 'new' },
        ],
        removed: ['/var/src/secrets/web1/pw', '/var/src/secrets/db'],
        ...{ left: [], error: null, hints: [] },
      },
    ])
    assert.is(place.owner('/var/keys'), '0:4000 750')
    assert.is(place.owner('/var/keys/pw'), '0:4000 640')
  })

  test('what stands in the way on the host: said, and nothing is changed there', async () => {
    await place.policy(ONE)
    await place.deliver('h1')
    await place.sh(
      'mkdir -p /srv/alice /srv/root && chown 4002 /srv/alice && ln -s /srv/root /srv/alice/link',
    )
    await place.sh(
      'ln -s /etc/hostname /run/keys/link && mkdir /run/keys/dir && mkdir -m 1777 /srv/tmp && ln -s /srv/root /srv/ours',
    )
    await place.sh('chown -h 4002 /srv/alice/link; mount -t tmpfs -o size=64k,mode=755 tmpfs /srv/root')
    const large = { 'secrets/large': Buffer.alloc(100_000, 'plain-mark-large') }
    const cases: [string, RegExp][] = [
      ['user = "nobody-here"', /h1: there is no user nobody-here on the host \(nothing was changed\)/],
      ['group = "nobody-here"', /there is no group nobody-here on the host/],
      ['dir = "/srv/alice"', /\/srv\/alice can be written to by others than root/],
      ['dir = "/srv/alice/below"', /\/srv\/alice can be written to by others than root/],
      [
        'dir = "/srv/alice/link"',
        /\/srv\/alice can be written|\/srv\/alice\/link is a link that a user made/,
      ],
      ['dir = "/srv/tmp"', /\/srv\/tmp can be written to by others than root/],
      ['dir = "/etc/passwd/x"', /\/etc\/passwd is no directory/],
      ['name = "link"', /\/run\/keys\/link is a link/],
      ['name = "dir"', /\/run\/keys\/dir is no regular file/],
      ['dir = "/proc/x"', /\/proc\/x can't be made/],
      [
        'dir = "/srv/ours"',
        /\/srv\/ours\/large can't be written: No space left on device \(nothing was changed\)/,
      ],
    ]
    const before = place.list('/run/keys')
    for (const [line, message] of cases) {
      await place.policy(`${ONE}[[host.h1.key]]\npath = "secrets/large"\n${line}\n`, {
        ...large,
        'secrets/db': `plain-mark ${line}`,
      })
      const done = await place.deliver('h1')
      assert.is(done.code, 1, line)
      assert.match(done.stderr, message, line)
      assert.not.match(done.stderr, 'plain-mark-large')
      assert.is(place.text('/run/keys/db'), DB_TWO, line)
      assert.equal(place.list('/run/keys'), before, line)
    }
    assert.equal(place.list('/srv/root'), [])
    await place.sh('umount /srv/root && rm -r /run/keys/link /run/keys/dir')
    // Where only root writes, a link leads to a place like any other.
    await place.policy(`${ONE}[[host.h1.key]]\npath = "secrets/large"\ndir = "/srv/ours"\n`, {
      'secrets/db': DB_TWO,
    })
    assert.is((await place.deliver('h1')).code, 0)
    assert.equal(place.list('/srv/root'), ['large'])
  })

  test('a host whose key is not the expected one gets nothing', async () => {
    await place.policy(ONE, { 'secrets/db': 'plain-mark-db-three' })
    place.trust('other-host.pub')
    const changed = await place.deliver('h1')
    assert.is(changed.code, 1)
    assert.match(changed.stderr, /error: h1: its host key is not the one that it had; nothing was sent/)
    assert.match(changed.stderr, /^git-nixsecret: h1: .*REMOTE HOST IDENTIFICATION HAS CHANGED/m)
    assert.match(changed.stderr, /^hint: ssh-keygen -R h1 /m)
    alice.box.write('known_hosts', '')
    const unknown = await place.deliver('h1')
    assert.match(unknown.stderr, /error: h1: its host key is not known here; nothing was sent/)
    assert.match(unknown.stderr, /^hint: ssh -- h1 true /m)
    place.trust('host.pub')
    assert.is(place.text('/run/keys/db'), DB_TWO)
  })

  test('on a terminal: ssh asks where one host is served, and several have a line each while they are', async () => {
    if (!needs('deliver on a terminal', 'expect')) return
    const config = readFileSync(alice.box.path('ssh_config'), 'utf8')
    alice.box.write('ssh_config', config.replace('StrictHostKeyChecking yes', 'StrictHostKeyChecking ask'))
    alice.box.write('known_hosts', '')
    const run = (args: string, body: string) => {
      const script = `set timeout 100\nspawn git-nixsecret deliver ${args}\n${body}\nexpect eof\nlassign [wait] a b c code\nexit $code`
      return alice.box.run('expect', ['-c', script], { cwd: place.repo, env: { TERM: 'xterm' } })
    }
    await place.policy(`${ONE}${ONE.replaceAll('h1', 'h2')}`)
    const refused = await run('--all', '')
    assert.is(refused.code, 1)
    assert.match(refused.out, /h2: its host key is not known here/)
    const asked = await run('h1', 'expect "continue connecting"\nsend "yes\\r"')
    assert.is(asked.code, 0, asked.out)
    assert.match(asked.out, /h1: Warning: Permanently added/)
    const both = await run('--all --dry-run', '')
    assert.match(both.out, /\nh1: connecting\r\nh2: connecting\r\n\x1b\[2A\x1b\[J/)
    assert.match(both.out, /2 hosts looked at, nothing sent\r\n$/)
    alice.box.write('ssh_config', config)
    place.trust('host.pub')
  })

  test('what cannot be sent: locked, missing or not protected', async () => {
    const env = { NIXSECRET_IDENTITY: '/dev/null' }
    await alice.git(place.repo, 'add', 'secrets')
    await alice.box.ok('git-nixsecret', ['lock'], { cwd: place.repo })
    const log = alice.box.path('locked')
    const locked = await alice.box.run('git-nixsecret', ['deliver', 'h1'], {
      cwd: place.repo,
      env: { ...env, SSH_TEE: log },
    })
    assert.is(locked.code, 1)
    assert.match(locked.stderr, /error: h1: no private key here opens secrets\/db/)
    assert.throws(() => readFileSync(log), /ENOENT/)
    // With a key, a locked work tree is as good.
    assert.is((await place.deliver('h1')).code, 0)
    assert.is(place.text('/run/keys/db'), 'plain-mark-db-three')
    await alice.box.ok('git-nixsecret', ['unlock'], { cwd: place.repo })
    await place.policy(ONE.replace('/db', '/none'))
    assert.match(
      (await place.deliver('h1')).stderr,
      /h1: secrets\/none is neither in the work tree nor in the index/,
    )
    await place.policy(ONE.replace('secrets/db', 'README'))
    const open = await place.deliver('h1')
    assert.is(open.code, 2)
    assert.match(open.stderr, /README is to be delivered, and no \.gitattributes line makes it a secret/)
    mkdirSync(join(place.repo, 'secrets/dir'), { recursive: true })
    symlinkSync('../db', join(place.repo, 'secrets/dir/link'))
    await place.policy(ONE.replace('/db', '/dir/link'))
    assert.match((await place.deliver('h1')).stderr, /secrets\/dir\/link is not a regular file/)
  })

  test('the command line: no host, an unknown one, an address that is an option', async () => {
    await place.policy(`${ONE}[host.web]\n`)
    for (const [args, code, message] of [
      [[], 2, /needs the name of a host, or --all/],
      [['webb'], 2, /nixsecret\.toml has no host webb; did you mean web\?/],
      [['--all', 'h1'], 2, /name none beside it/],
      [['--jobs', '0', 'h1'], 2, /--jobs takes a number from 1 to 64/],
      [['--layout', 'nixops', 'h1'], 2, /no layout nixops; known: keys, terraform-nixos, krops/],
    ] as const) {
      const done = await place.deliver(...args)
      assert.is(done.code, code, args.join(' '))
      assert.match(done.stderr, message)
    }
    const file = alice.box.path('touched')
    for (const address of [`-oProxyCommand=touch ${file}`, `root@-oProxyCommand=touch\${IFS}${file}`]) {
      await place.policy(`[host.h1]\naddress = "${address}"\n`)
      const done = await place.deliver('h1')
      assert.is(done.code, 2)
      assert.match(done.stderr, /"address" of host "h1" is none/)
    }
    for (const name of ['../x', 'a/b', '..', '.x']) {
      await place.policy(`${ONE}name = "${name}"\n`)
      assert.match(
        (await place.deliver('h1')).stderr,
        /"name" of key 1 of host "h1" cannot be the name of a file/,
      )
    }
    assert.throws(() => readFileSync(file), /ENOENT/)
  })

  test('not as root: by a sudo that asks for nothing, and by no other', async () => {
    if (!has('sudo')) {
      process.stdout.write('skipped: deliver by sudo (needs sudo)\n')
      return
    }
    await place.policy(ONE.replace(']\n', ']\naddress = "op@h1"\n'), { 'secrets/db': 'plain-mark-db-sudo' })
    const done = await place.deliver('h1')
    assert.is(done.code, 0, done.stderr)
    assert.match(done.out, /^h1 \(op@h1\): 1 written/)
    assert.is(place.text('/run/keys/db'), 'plain-mark-db-sudo')
    assert.is(place.owner('/run/keys/db'), '0:0 600')
    await place.policy(ONE.replace(']\n', ']\naddress = "nobody-special@h1"\n'), {
      'secrets/db': 'plain-mark-other',
    })
    const refused = await place.deliver('h1')
    assert.is(refused.code, 1)
    assert.match(
      refused.stderr,
      /h1: sudo asks for a password there: deliver needs root, or a sudo that asks for none/,
    )
    assert.is(place.text('/run/keys/db'), 'plain-mark-db-sudo')
  })
}

const DB_TWO = 'plain-mark-db-two'

test.run()
