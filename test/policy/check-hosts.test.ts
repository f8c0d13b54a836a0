import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { addRecipient, removeRecipient } from '../../src/policy/edit-policy.ts'
import { parseHostAddress } from '../../src/policy/host-address.ts'
import { deliveryTargets, targetPath } from '../../src/policy/host-targets.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'

const HEAD = `version = 1
[recipients]
alice = "age1alice"
web1 = "age1web"
[default]
to = ["alice", "web1"]
`
// The lines of what follows HEAD begin at 7.

const read = (text: string) => parsePolicy(HEAD + text, 'nixsecret.toml')

function fault(text: string): string {
  try {
    read(text)
  } catch (error) {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).code, 'policy')
    return (error as NixsecretError).message
  }
  throw new Error(`accepted: ${text}`)
}

const HOSTS = `
[host.web1]
address = "root@web1.example.org:2222"   # behind the jump host

[[host.web1.key]]
path  = "/secrets/web/tls.key"
name  = "tls"
dir   = "/run/tls"
user  = "nginx"
group = "nginx"
mode  = "0640"

[[host.web1.key]]
path = "secrets/db"

[host."db.example.org"]
layout = "terraform-nixos"
key = [{ path = "secrets/db" }]

[host.empty]
`

test('reads hosts and their keys, with what they leave out', () => {
  const { hosts } = read(HOSTS)
  assert.equal([...hosts.keys()], ['web1', 'db.example.org', 'empty'])
  const web1 = hosts.get('web1')
  assert.ok(web1)
  assert.equal(web1.address, { user: 'root', host: 'web1.example.org', port: 2222 })
  const [tls, db] = deliveryTargets(web1, 'keys')
  assert.ok(tls && db)
  assert.is(targetPath(tls), '/run/tls/tls')
  assert.equal(
    [tls.user, tls.group, tls.mode, tls.dirGroup, tls.dirMode],
    ['nginx', 'nginx', '640', 'keys', '750'],
  )
  assert.is(targetPath(db), '/run/keys/db')
  assert.equal([db.user, db.group, db.mode, db.dirGroup, db.dirMode], ['root', 'root', '600', 'keys', '750'])
  const other = hosts.get('db.example.org')
  assert.ok(other)
  assert.equal(other.address, { user: null, host: 'db.example.org', port: null })
  const [there] = deliveryTargets(other, other.layout)
  assert.ok(there)
  assert.is(targetPath(there), '/var/keys/db')
  assert.equal([there.user, there.group, there.mode], ['root', 'keys', '640'])
  assert.equal(hosts.get('empty')?.keys, [])
})

test('layout krops keeps folders, below secrets/ or whole, and a dir of its own is taken as it is', () => {
  const { hosts } = read(`
[host.a]
layout = "krops"
[[host.a.key]]
path = "secrets/web1/db"
[[host.a.key]]
path = "hosts/a/wifi"
[[host.a.key]]
path = "secrets/top"
name = "other"
[[host.a.key]]
path = "secrets/x/y"
dir = "/run/keys"
`)
  const host = hosts.get('a')
  assert.ok(host)
  const targets = deliveryTargets(host, host.layout)
  assert.equal(targets.map(targetPath), [
    '/var/src/secrets/web1/db',
    '/var/src/secrets/hosts/a/wifi',
    '/var/src/secrets/other',
    '/run/keys/y',
  ])
  assert.equal(
    targets.map(({ base, dirGroup, dirMode, mode }) => [base, dirGroup, dirMode, mode].join(' ')),
    [...Array(3).fill('/var/src/secrets root 700 600'), '/run/keys root 700 600'],
  )
})

test('addresses: what ssh takes, and nothing that it or a shell could take for something else', () => {
  for (const text of [
    'web1',
    'web-1.example.org',
    'me@web1',
    'root@10.0.0.1:22',
    '[2001:db8::1]',
    'a.b+c@[::1]:22',
    '_x',
  ]) {
    assert.ok(parseHostAddress(text), text)
  }
  assert.equal(parseHostAddress('root@[::1]:2222'), { user: 'root', host: '::1', port: 2222 })
  for (const text of [
    '',
    '-oProxyCommand=touch x',
    '-web1',
    'root@-oProxyCommand=x',
    '-l@web1',
    'web1 -oX=y',
    ' web1',
    'web1\n',
    'web1\0',
    'a@b@c',
    '@web1',
    'web1:',
    'web1:0',
    'web1:65536',
    'web1:22:22',
    '2001:db8::1',
    '[web1]',
    '[fe80::1%eth0]',
    '[]',
    'ssh://web1',
    'web1;x',
    '$(x)',
    '`x`',
    'wéb',
    'x'.repeat(256),
  ]) {
    assert.is(parseHostAddress(text), null, JSON.stringify(text))
  }
})

const KEY = '[host.a]\n[[host.a.key]]\npath = "secrets/x"\n'

for (const [what, text, message] of [
  ['a name with a blank', '[host."a b"]', /:7: "a b" cannot be the name of a host/],
  ['a name that leads elsewhere', '[host.".."]', /:7: ".." cannot be the name of a host/],
  [
    'a dotted name',
    '[host.web1.example]\naddress = "x"',
    /:7: a name with a dot in it needs quotes; write \[host\."web1\.example"\]/,
  ],
  [
    'an unknown key',
    '[host.a]\nadress = "x"',
    /:8: unknown key "adress" in host "a"; did you mean "address"\?/,
  ],
  [
    'an address for ssh',
    '[host.a]\naddress = "-oProxyCommand=x"',
    /:8: "address" of host "a" is none; write address = "\[USER@\]HOST/,
  ],
  [
    'an unknown layout',
    '[host.a]\nlayout = "kropss"',
    /:8: unknown "layout" of host "a"; write one of "keys", "terraform-nixos", "krops"/,
  ],
  [
    'one bracket',
    '[host.a.key]\npath = "x"',
    /:7: a key begins with two brackets; write \[\[host\.a\.key\]\]/,
  ],
  ['no path', '[[host.a.key]]\nname = "x"', /:7: key 1 of host "a" has no "path"/],
  ['a pattern', '[[host.a.key]]\npath = "secrets/*"', /:8: "path" of key 1 of host "a" must name one file/],
  ['a path outside', '[[host.a.key]]\npath = "../x"', /:8: "path" of .* without "\." and "\.\."/],
  ['the policy', '[[host.a.key]]\npath = "nixsecret.toml"', /:8: .* never encrypted/],
  [
    'a name with a slash',
    `${KEY}name = "../x"`,
    /:10: "name" of key 1 of host "a" cannot be the name of a file on a host/,
  ],
  ['a hidden name', `${KEY}name = ".x"`, /:10: "name"/],
  ['a name with a line break', `${KEY}name = "a\\nb"`, /:10: "name"/],
  ['a name like an option', `${KEY}name = "-x"`, /:10: "name"/],
  [
    'a file that needs a name',
    '[[host.a.key]]\npath = "secrets/.env"',
    /:8: key 1 of host "a": \.env cannot be the name of a file on a host; write name =/,
  ],
  [
    'a folder that krops cannot have',
    '[host.a]\nlayout = "krops"\n[[host.a.key]]\npath = "secrets/.x/y"',
    /:10: "\.x" cannot be a folder/,
  ],
  ['a dir that is not absolute', `${KEY}dir = "run/keys"`, /:10: "dir" of .* must be an absolute path/],
  ['a dir that leads up', `${KEY}dir = "/run/../etc"`, /:10: "dir"/],
  ['the top', `${KEY}dir = "/"`, /:10: "dir"/],
  ['a user for a shell', `${KEY}user = "root;id"`, /:10: "user" of .* must be the name or number of a user/],
  ['a group', `${KEY}group = "a b"`, /:10: "group"/],
  ['a mode as a number', `${KEY}mode = 600`, /:10: "mode" of .* must be three octal digits in quotes/],
  ['a mode for everybody', `${KEY}mode = "0644"`, /:10: "mode" of .* gives everybody on the host the secret/],
  ['a mode with setuid', `${KEY}mode = "4700"`, /:10: "mode"/],
  [
    'a place twice',
    `${KEY}[[host.a.key]]\npath = "x/x"`,
    /:10: keys 1 and 2 of host "a" are both \/run\/keys\/x/,
  ],
] as const) {
  test(`refuses ${what}`, () => {
    assert.match(fault(text), message)
  })
}

test('edits of recipients leave hosts and their comments as they are', () => {
  const text = HEAD + HOSTS
  const added = addRecipient(text, 'bob', 'age1bob')
  assert.ok(added.includes(HOSTS))
  assert.is(removeRecipient(added, 'bob'), text)
  assert.equal(
    [...parsePolicy(removeRecipient(text, 'web1'), 'f').hosts.keys()],
    ['web1', 'db.example.org', 'empty'],
  )
})

test.run()
