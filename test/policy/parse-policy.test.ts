import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { type CheckKey, parsePolicy } from '../../src/policy/parse-policy.ts'
import { formatOf, namedByRule, neverEncrypted, readersOf, storeOf } from '../../src/policy/readers-of.ts'
import { cpuTime } from '../support/cpu-time.ts'

const HEAD = `version = 1
[recipients]
alice  = "ssh-ed25519 AAAA alice"
backup = "age1backup"
web1   = "age1web"
[groups]
admins = ["alice", "backup"]
`
// The lines of what follows HEAD begin at 8.

const read = (text: string, checkKey?: CheckKey) => parsePolicy(text, 'nixsecret.toml', checkKey)

function fault(text: string, checkKey?: CheckKey): NixsecretError {
  try {
    read(text, checkKey)
  } catch (error) {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).code, 'policy')
    return error as NixsecretError
  }
  throw new Error(`accepted: ${text}`)
}

test('reads the policy of the design', () => {
  const policy = read(`${HEAD}
[default]                         # what no rule sets
to = ["@admins"]

[[rule]]
paths = ["/secrets/web/**"]
to    = ["@admins", "web1"]

[[rule]]
paths = ["/hosts/*/private.nix"]
store = "plaintext"
`)
  assert.is(policy.file, 'nixsecret.toml')
  assert.equal([...policy.recipients.keys()], ['alice', 'backup', 'web1'])
  assert.is(policy.recipients.get('alice'), 'ssh-ed25519 AAAA alice')
  assert.equal(policy.groups.get('admins'), ['alice', 'backup'])
  assert.equal(readersOf(policy, textPath('secrets/web/tls.key')), ['alice', 'backup', 'web1'])
  assert.equal(readersOf(policy, textPath('secrets/db')), ['alice', 'backup'])
  assert.is(storeOf(policy, textPath('hosts/web1/private.nix')), 'plaintext')
  assert.equal(readersOf(policy, textPath('hosts/web1/private.nix')), ['alice', 'backup'])
  assert.is(storeOf(policy, textPath('secrets/web/tls.key')), null)
  assert.ok(namedByRule(policy, textPath('secrets/web/x')))
  assert.not.ok(namedByRule(policy, textPath('hosts/web1/private.nix')))
  assert.not.ok(namedByRule(policy, textPath('secrets/db')))
})

test('each key of a rule is taken from the first rule that names the path and sets it', () => {
  const policy = read(
    `${HEAD}
[[rule]]
paths = ["a/*"]
store = "plaintext"
[[rule]]
paths = ["x", "a/b"]
to = ["web1", "@admins", "web1x"]
[[rule]]
paths = ["/a/**"]
to = ["alice"]
`.replace(', "web1x"', ''),
  )
  assert.equal(readersOf(policy, textPath('a/b')), ['web1', 'alice', 'backup'])
  assert.is(storeOf(policy, textPath('a/b')), 'plaintext')
  assert.equal(readersOf(policy, textPath('a/c')), ['alice'])
  assert.equal(readersOf(policy, textPath('q/x')), ['web1', 'alice', 'backup'])
  assert.is(readersOf(policy, textPath('none')), null)
})

test('a path is an age file in git, unless a rule or [default] says otherwise', () => {
  const rule = (paths: string, format: string) => `[[rule]]\npaths = ["${paths}"]\nformat = "${format}"\n`
  const policy = read(`${HEAD}${rule('*.yaml', 'sops')}${rule('/a/**', 'age')}`)
  assert.is(formatOf(policy, textPath('a/b.yaml')), 'sops')
  assert.is(formatOf(policy, textPath('a/b')), 'age')
  assert.is(formatOf(policy, textPath('b')), 'age')
  // It says nothing of readers, so it makes no secret of a path.
  assert.not.ok(namedByRule(policy, textPath('a/b.yaml')))
  const all = read(`${HEAD}[default]\nto = ["alice"]\nformat = "sops"\n${rule('/a/**', 'age')}`)
  assert.is(formatOf(all, textPath('b')), 'sops')
  assert.is(formatOf(all, textPath('a/b')), 'age')
})

test('policy and attribute files are never encrypted, whatever a pattern says', () => {
  const policy = read(`${HEAD}[[rule]]\npaths = ["**"]\nto = ["alice"]\n`)
  for (const path of ['nixsecret.toml', '.gitattributes', 'a/.gitattributes']) {
    assert.ok(neverEncrypted(textPath(path)))
    assert.not.ok(namedByRule(policy, textPath(path)))
  }
  for (const path of ['a/nixsecret.toml', 'x.gitattributes']) {
    assert.not.ok(neverEncrypted(textPath(path)))
    assert.ok(namedByRule(policy, textPath(path)))
  }
})

test('groups hold groups, and each name once', () => {
  const policy = read(`${HEAD}all = ["@admins", "web1", "alice"]\n[default]\nto = ["web1", "@all"]\n`)
  assert.equal(policy.groups.get('all'), ['alice', 'backup', 'web1'])
  assert.equal(policy.default.to, ['web1', 'alice', 'backup'])
})

test('many groups within groups take no time', () => {
  const groups = Array.from(
    { length: 30 },
    (_, i) => `g${i + 1} = ["@g${i}", "alice"]\nh${i + 1} = ["@g${i}", "@g${i + 1}"]\n`,
  )
  const start = cpuTime()
  read(`${HEAD}g0 = ["alice"]\n${groups.join('')}[default]\nto = ["@g30", "@h30"]\n`)
  assert.ok(cpuTime() - start < 1000)
  const deep = Array.from({ length: 5000 }, (_, i) => `g${i} = ["@g${i + 1}"]\n`)
  assert.match(
    fault(`${HEAD}${deep.join('')}g5000 = ["alice"]\n`).message,
    /groups within groups, more than 32 deep/,
  )
})

const FAULTS: readonly (readonly [string, string, string])[] = [
  ['no version', '[recipients]\n', ':1: no version; write "version = 1" as its first line'],
  [
    'version of the future',
    'x = 1\nversion = 2\n',
    ':2: version 2 is not known to this git-nixsecret, which knows 1',
  ],
  ['version as text', 'version = "1"\n', ':1: write "version = 1"'],
  [
    'unknown key at the top',
    'version = 1\n\n[recipient]\n',
    ':3: unknown key "recipient"; did you mean "recipients"?',
  ],
  [
    'unknown key far from any',
    'version = 1\nfoobarbaz = 1\n',
    ':2: unknown key "foobarbaz"; known: version, recipients, groups, default, rule, check, host',
  ],
  ['rules in the plural', `${HEAD}[[rules]]\npaths = []\n`, ':8: unknown key "rules"; did you mean "rule"?'],
  [
    'unknown format',
    `${HEAD}[[rule]]\npaths = ["a"]\nformat = "json"\n`,
    ':10: unknown "format" in rule 1; write format = "age" or format = "sops", or take it out',
  ],
  [
    'unknown key of a rule',
    `${HEAD}[[rule]]\npath = ["a"]\n`,
    ':9: unknown key "path" in rule 1; did you mean "paths"?',
  ],
  [
    'unknown key of default',
    `${HEAD}[default]\npaths = ["a"]\n`,
    ':9: unknown key "paths" in [default]; known: to, store, format, rotate',
  ],
  [
    'prototype',
    `${HEAD}[__proto__]\n`,
    ':8: unknown key "__proto__"; known: version, recipients, groups, default, rule, check, host',
  ],
  [
    'single brackets',
    `${HEAD}[rule]\npaths = ["a"]\n`,
    ':8: a rule begins with two brackets; write [[rule]]',
  ],
  [
    'unknown recipient',
    `${HEAD}[[rule]]\npaths = ["a"]\nto = ["alice"]\n[[rule]]\npaths = ["b"]\nto = [\n  "alice", # x\n  "web2",\n]\n`,
    ':15: unknown recipient "web2" in rule 2; known: alice, backup, web1',
  ],
  [
    'unknown recipient in a group',
    `${HEAD}ops = ["bob"]\n`,
    ':8: unknown recipient "bob" in group "ops"; known: alice, backup, web1',
  ],
  [
    'group without @',
    `${HEAD}[default]\nto = ["admins"]\n`,
    ':9: "admins" in [default] is a group; write "@admins"',
  ],
  [
    'recipient with @',
    `${HEAD}[default]\nto = ["@alice"]\n`,
    ':9: "@alice" in [default] is no group; write "alice"',
  ],
  [
    'unknown group',
    `${HEAD}[default]\nto = ["@ops"]\n`,
    ':9: unknown group "@ops" in [default]; known: @admins',
  ],
  [
    'key in place of a name',
    `${HEAD}[default]\nto = ["age1xyz"]\n`,
    ':9: a public key in [default]; give it a name, and write the name here',
  ],
  [
    'private key in place of a name',
    `${HEAD}[default]\nto = ["AGE-SECRET-KEY-1QQ"]\n`,
    ':9: a private key in [default]; take it out, and make a new key: this one is no secret now',
  ],
  ['empty to', `${HEAD}[default]\nto = []\n`, ':9: "to" of [default] is empty'],
  ['empty group', `${HEAD}ops = []\n`, ':8: group "ops" is empty'],
  [
    'to as text',
    `${HEAD}[default]\nto = "alice"\n`,
    ':9: "to" of [default] must be a list of texts; write ["…", "…"]',
  ],
  [
    'no paths',
    `${HEAD}[[rule]]\nto = ["alice"]\n`,
    ':8: rule 1 has no "paths"; write paths = ["/secrets/**"]',
  ],
  ['empty paths', `${HEAD}[[rule]]\npaths = []\nto = ["alice"]\n`, ':9: "paths" of rule 1 is empty'],
  [
    'rule that says nothing',
    `${HEAD}[[rule]]\npaths = ["a"]\n`,
    ':8: rule 1 says nothing; write to = ["NAME"]',
  ],
  [
    'unknown store',
    `${HEAD}[[rule]]\npaths = ["a"]\nstore = "sealed"\n`,
    ':10: unknown "store" in rule 1; write store = "plaintext", or take it out',
  ],
  [
    'bad pattern',
    `${HEAD}[[rule]]\npaths = ["a",\n"secrets/"]\nto = ["alice"]\n`,
    ':10: rule 1: pattern "secrets/": a "/" at the end never matches a file; write "secrets/**"',
  ],
  [
    'inline rules',
    `${HEAD.replace('version = 1\n', 'version = 1\nrule = [\n {paths = ["a"], to = ["alice"]},\n {paths = ["b"], to = ["bob"]},\n]\n')}`,
    ':4: unknown recipient "bob" in rule 2; known: alice, backup, web1',
  ],
  [
    'group that contains itself',
    `${HEAD}a = ["@b"]\nb = ["@a"]\n`,
    ':9: a group contains itself: @a → @b → @a',
  ],
  [
    'duplicate in to',
    `${HEAD}[default]\nto = ["alice", "alice"]\n`,
    ':9: duplicate name "alice" in "to" of [default]',
  ],
  [
    'duplicate recipient',
    'version = 1\n[recipients]\nalice = "a"\nbob = "b"\n"alice" = "c"\n',
    ':5: duplicate name "alice"; keep one of the two',
  ],
  [
    'duplicate table',
    `${HEAD}[recipients]\nx = "y"\n`,
    ':8: duplicate name "recipients"; keep one of the two',
  ],
  [
    'group called like a recipient',
    `${HEAD}alice = ["web1"]\n`,
    ':8: duplicate name "alice": a recipient is called so too',
  ],
  [
    'name with a blank',
    'version = 1\n[recipients]\n"a b" = "age1x"\n',
    ':3: "a b" cannot be the name of a recipient; a name has letters, digits, ".", "_" and "-" only, and no "-" first',
  ],
  [
    'name with a dot',
    'version = 1\n[recipients]\nweb.1 = "age1x"\n',
    ':3: a name with a dot in it needs quotes; write "web.1" = "…"',
  ],
  [
    'key that is a list',
    'version = 1\n[recipients]\na = ["age1x"]\n',
    ':3: recipient "a" must be one public key in quotes',
  ],
  ['empty key', 'version = 1\n[recipients]\na = " "\n', ':3: recipient "a" has an empty key'],
  [
    'private key',
    'version = 1\n[recipients]\na = "AGE-SECRET-KEY-1QQ"\n',
    ':3: recipient "a" is a private key; take it out, and make a new key: this one is no secret now',
  ],
  [
    'recipients as text',
    'version = 1\nrecipients = "a"\n',
    ':2: "recipients" must be a table; write [recipients]',
  ],
  [
    'conflict',
    'version = 1\n<<<<<<< HEAD\n[recipients]\n=======\n>>>>>>> x\n',
    ':2: conflict markers of a merge; settle the conflict first',
  ],
  ['no TOML', 'version = 1\n\n[recipients\n', ':3: not valid TOML: '],
  [
    'CRLF',
    `${HEAD}[default]\nto = ["bob"]\n`.replace(/\n/g, '\r\n'),
    ':9: unknown recipient "bob" in [default]; known: alice, backup, web1',
  ],
  [
    'escaped terminal codes',
    `${HEAD}[default]\nto = ["\\u001b[2J\\u202e"]\n`,
    ':9: unknown recipient "\\033[2J\\342\\200\\256" in [default]; known: alice, backup, web1',
  ],
]

for (const [name, text, expected] of FAULTS) {
  test(`says file, line and what to write: ${name}`, () => {
    const { message } = fault(text)
    const whole = `nixsecret.toml${expected}`
    if (expected.endsWith(': ')) assert.is(message.slice(0, whole.length), whole)
    else assert.is(message, whole)
    assert.not.match(message, /AGE-SECRET-KEY|\n/)
  })
}

test('hints are commands to paste', () => {
  assert.equal(fault(`${HEAD}[default]\nto = ["web2"]\n`).hints, ['git nixsecret recipient add web2 KEY'])
  assert.equal(fault(`${HEAD}[default]\nto = ["we b"]\n`).hints, ['git nixsecret recipient add NAME KEY'])
  assert.equal(fault('<<<<<<< a\n').hints, ['git mergetool nixsecret.toml'])
})

test('a syntax error repeats nothing of the file', () => {
  const error = fault('version = 1\nx = AGE-SECRET-KEY-1QQ\n')
  assert.not.match(`${error.message}${String(error.cause)}`, /SECRET/)
})

test('keys are checked, and a faulty one is reported with its line', () => {
  const check: CheckKey = (key) => {
    if (key === 'age1web')
      throw new NixsecretError('recipient', 'checksum is wrong', { hints: ['age-keygen -y FILE'] })
    return { canonical: key, postQuantum: false }
  }
  const error = fault(HEAD, check)
  assert.is(error.message, 'nixsecret.toml:5: recipient "web1": checksum is wrong')
  assert.equal(error.hints, ['age-keygen -y FILE'])
})

test('one "to" may not mix post-quantum recipients with others', () => {
  const check: CheckKey = (key) => ({ canonical: key, postQuantum: key === 'age1web' })
  const text = `${HEAD}[default]\nto = ["web1"]\n[[rule]]\npaths = ["a"]\nto = ["@admins",\n"web1"]\n`
  assert.is(
    fault(text, check).message,
    'nixsecret.toml:12: "to" of rule 1 mixes post-quantum recipients (web1) with others (alice, backup); use one kind',
  )
  read(`${HEAD}[default]\nto = ["web1"]\n[[rule]]\npaths = ["a"]\nto = ["@admins"]\n`, check)
})

test('a bug in the check of keys is not taken for a fault of the policy', () => {
  assert.throws(
    () =>
      read(HEAD, () => {
        throw new TypeError('bug')
      }),
    /^bug$/,
  )
})

test('the same key may have two names', () => {
  read('version = 1\n[recipients]\na = "age1x"\nb = "age1x"\n[default]\nto = ["a", "b"]\n')
})

test('huge or deep texts are refused in no time', () => {
  const start = cpuTime()
  assert.match(fault(`version = 1\n#${'x'.repeat(1 << 20)}`).message, /longer than 1 MiB/)
  assert.match(fault(`x = ${'['.repeat(100_000)}`).message, /not valid TOML/)
  fault(`version = 1\n${'[x.'.repeat(1000)}`)
  assert.ok(cpuTime() - start < 2000)
})

test.run()
