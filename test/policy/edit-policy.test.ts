import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { addRecipient, newPolicy, removeRecipient } from '../../src/policy/edit-policy.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'

const POLICY = `# head
version = 1   # v

[recipients]  # who
# Alice's laptop
alice  = "ssh-ed25519 AAAA alice"   # since 2020
backup = 'age1xyz'
web1   = "ssh-ed25519 BBBB root@web1" # rack 3
# tail

[groups]
admins = [ "alice",   "backup" ]
all = [
\t"alice", # a
\t# before backup
\t"backup",
\t"web1"   # w
]

[default]
to = ["@admins"] # def

[[rule]]
paths = ["/a/**"]
to    = ["@admins", "web1"]

[[rule]]   # second
paths = ["/b/**"]
store = "plaintext"
`

function throwsWith(action: () => unknown, code: string, message: string): void {
  assert.throws(action, (error: unknown) => {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).message, message)
    return (error as NixsecretError).code === code
  })
}

test('add writes the new key like the one above it and leaves everything else alone', () => {
  const expected = POLICY.replace('# rack 3\n', '# rack 3\ndb     = "age1db"\n')
  assert.is(addRecipient(POLICY, 'db', 'age1db'), expected)
})

test('add joins groups, whether they stand on one line or on many', () => {
  const expected = POLICY.replace('# rack 3\n', '# rack 3\n"db.1" = "age1db"\n')
    .replace('"backup" ]', '"backup", "db.1" ]')
    .replace('\t"web1"   # w\n', '\t"web1",   # w\n\t"db.1"\n')
  assert.is(addRecipient(POLICY, 'db.1', 'age1db', { groups: ['admins', 'all'] }), expected)
})

test('add of what is there with the same key only joins groups', () => {
  assert.is(addRecipient(POLICY, 'backup', 'age1xyz'), POLICY)
  const expected = POLICY.replace('"backup" ]', '"backup", "web1" ]')
  assert.is(
    addRecipient(POLICY, 'web1', 'ssh-ed25519 BBBB root@web1', { groups: ['admins', 'all'] }),
    expected,
  )
})

test('add makes the table that is not there', () => {
  assert.is(addRecipient('version = 1\n', 'a', 'age1a'), 'version = 1\n\n[recipients]\na = "age1a"\n')
  assert.is(addRecipient('version = 1', 'a', 'age1a'), 'version = 1\n\n[recipients]\na = "age1a"')
  assert.is(
    addRecipient('version = 1\n[recipients] # x\n\n[groups]\n', 'a', 'age1a'),
    'version = 1\n[recipients] # x\na = "age1a"\n\n[groups]\n',
  )
  assert.is(
    addRecipient('version = 1\nrecipients = {}\n', 'a', 'age1a'),
    'version = 1\nrecipients = {a = "age1a"}\n',
  )
})

test('add keeps CRLF and a byte order mark', () => {
  const text = `\ufeff${POLICY}`.replace(/\n/g, '\r\n')
  const expected = text
    .replace('# rack 3\r\n', '# rack 3\r\ndb     = "age1db"\r\n')
    .replace('\t"web1"   # w\r\n', '\t"web1",   # w\r\n\t"db"\r\n')
  assert.is(addRecipient(text, 'db', 'age1db', { groups: ['all'] }), expected)
})

test('add refuses what would not be a policy any more', () => {
  throwsWith(
    () => addRecipient(POLICY, 'alice', 'age1other'),
    'refused',
    'recipient "alice" is in nixsecret.toml already, with another key',
  )
  throwsWith(
    () => addRecipient(POLICY, 'admins', 'age1x'),
    'refused',
    'a group is called "admins" already; take another name',
  )
  throwsWith(
    () => addRecipient(POLICY, 'x', 'age1x', { groups: ['ops'] }),
    'missing',
    'unknown group "ops"; known: admins, all',
  )
  throwsWith(
    () => addRecipient(POLICY, '-x', 'age1x'),
    'usage',
    '"-x" cannot be the name of a recipient; a name has letters, digits, ".", "_" and "-" only, and no "-" first',
  )
  throwsWith(
    () => addRecipient(POLICY, 'x', 'AGE-SECRET-KEY-1QQQ'),
    'recipient',
    'this is a private key; give the public key that belongs to it',
  )
  throwsWith(() => addRecipient(POLICY, 'x', 'age1\nx'), 'recipient', 'a public key is one line of text')
})

test('remove takes key and mentions, with the lines that they had for themselves', () => {
  const expected = POLICY.replace('web1   = "ssh-ed25519 BBBB root@web1" # rack 3\n', '')
    .replace('\t"web1"   # w\n', '')
    .replace('["@admins", "web1"]', '["@admins"]')
  assert.is(removeRecipient(POLICY, 'web1'), expected)
})

test('remove keeps comments on lines of their own', () => {
  const expected = POLICY.replace(`alice  = "ssh-ed25519 AAAA alice"   # since 2020\n`, '')
    .replace('"alice",   "backup"', '"backup"')
    .replace('\t"alice", # a\n', '')
  assert.is(removeRecipient(POLICY, 'alice'), expected)
})

test('remove refuses to leave a group or a "to" empty, naming each', () => {
  const text = POLICY.replace('["@admins", "web1"]', '["web1"]').replace('"alice",   "backup" ]', '"web1" ]')
  throwsWith(
    () => removeRecipient(text, 'web1'),
    'refused',
    '"web1" is the only one in group "admins", rule 1 of nixsecret.toml; put another there first',
  )
  throwsWith(
    () => removeRecipient(POLICY, 'web2'),
    'missing',
    'no recipient "web2" in nixsecret.toml; did you mean "web1"?',
  )
})

test('a policy that does not parse is not touched', () => {
  throwsWith(
    () => removeRecipient('version = 2\n', 'a'),
    'policy',
    'nixsecret.toml:1: version 2 is not known to this git-nixsecret, which knows 1',
  )
})

test('a new policy is one, and says who reads', () => {
  const recipients = [
    { name: 'alice', key: 'ssh-ed25519 AAAA a "quoted" \x7f comment' },
    { name: 'web.1', key: 'age1xyz' },
  ]
  const text = newPolicy({ recipients, to: ['alice', 'web.1'] })
  const policy = parsePolicy(text, 'nixsecret.toml')
  assert.equal(
    [...policy.recipients],
    [
      ['alice', recipients[0]?.key],
      ['web.1', 'age1xyz'],
    ],
  )
  assert.equal(policy.default.to, ['alice', 'web.1'])
  const commented = text.replace(/^# (?=\[\[?(rule|groups)|paths|to {4}|admins)/gm, '')
  assert.throws(() => parsePolicy(commented, 'x'), /unknown recipient "web1"|unknown recipient "backup"/)
  parsePolicy(removeRecipient(addRecipient(text, 'db', 'age1db'), 'web.1'), 'x')
})

/** Builds policies as odd as TOML allows. */
const oddPolicy = fc.gen().map((g) => {
  const pick = (...from: string[]) => g(fc.constantFrom, ...from)
  const chance = (of: number) => g(fc.integer, { min: 1, max: 100 }) <= of
  const some = <T>(list: readonly T[]) => g(fc.subarray<T>, list as T[], { minLength: 2 })
  const names = ['alice', 'bob', 'carol', 'web.1', 'dev-2', '_x']
  const quote = (name: string) => pick(`"${name}"`, `'${name}'`)
  const key = (name: string) => (name.includes('.') || chance(30) ? quote(name) : name)
  const space = () => pick('', ' ', '  ', '\t')
  const note = () => pick('', '', ' # note, "1"', '#tight]')
  const between = () => pick('', '', '# own line é😀\n', '\n', '\n# sep\n\n', '   # indented\n')
  const list = (items: readonly string[]) => {
    if (chance(40)) {
      const end = pick('', ',')
      return `[${space()}${items.map(quote).join(`${space()},${space()}`)}${space()}${end}${space()}]`
    }
    const indent = pick('  ', '    ', '\t', '')
    const lines = items.map((item, i) => {
      const comma = i < items.length - 1 || chance(50) ? `${space()},` : ''
      return `${between()}${indent}${quote(item)}${comma}${note()}\n`
    })
    return `[${note()}\n${lines.join('')}${between()}${space()}]`
  }
  const pair = (name: string, value: string) =>
    `${between()}${pick('', '  ', '\t')}${name}${space()}=${space()}${value}${note()}\n`
  const tables = [
    `[groups]${note()}\n${pair('admins', list(some(names)))}${pair('"ops"', list(some(names)))}`,
    `[default]\n${pair('to', list(some(names)))}`,
  ]
  let text = `${between()}version = 1${note()}\n`
  const shape = pick('table', 'table', 'dotted', 'inline')
  if (shape === 'table') {
    tables.push(
      `[recipients]${note()}\n${names.map((name) => pair(key(name), quote(`age1${name}`))).join('')}`,
    )
  } else if (shape === 'dotted') {
    text += names.map((name) => pair(`recipients.${key(name)}`, quote(`age1${name}`))).join('')
  } else {
    const items = names.map((name) => `${key(name)} = ${quote(`age1${name}`)}`)
    text += `recipients = {${space()}${items.join(`${space()}, `)}${space()}}${note()}\n`
  }
  text += (chance(50) ? tables.reverse() : tables).join(between())
  for (let i = g(fc.nat, { max: 2 }); i > 0; i--) {
    text += `${between()}[[rule]]${note()}\n${pair('paths', list(['/a/**', '*.key']))}`
    text += chance(70) ? pair('to', list(['@admins', ...some(names)])) : pair('store', '"plaintext"')
  }
  for (let i = g(fc.nat, { max: 2 }); i > 0; i--) {
    text += `${between()}[[check.allow]]${note()}\n${pair('rule', '"symlink"')}`
    text += `${pair('paths', list(['/a/**', '*.key']))}${pair('reason', '"made up"')}`
  }
  text += between()
  if (chance(20)) text = text.replace(/\n$/, '')
  return chance(30) ? text.replace(/\n/g, '\r\n') : text
})

function isSubsequence<T>(part: ArrayLike<T>, whole: ArrayLike<T>): boolean {
  let found = 0
  for (let i = 0; i < whole.length && found < part.length; i++) if (whole[i] === part[found]) found++
  return found === part.length
}

const newLines = (text: string) => new Set(text.match(/\r?\n/g) ?? [])

test('property: add only inserts, remove only deletes, and no comment or foreign line is lost', () => {
  fc.assert(
    fc.property(oddPolicy, (text) => {
      const added = addRecipient(text, 'newbie', 'age1new', { groups: ['admins'] })
      assert.ok(isSubsequence(text, added), 'add took something away')
      assert.ok(added.length - text.length < 80, 'add wrote too much')
      assert.equal(newLines(added).size, 1)
      const policy = parsePolicy(added, 'x')
      assert.is(policy.recipients.get('newbie'), 'age1new')
      assert.ok(policy.groups.get('admins')?.includes('newbie'))

      const removed = removeRecipient(text, 'bob')
      assert.ok(isSubsequence(removed, text), 'remove wrote something')
      const foreign = text.split('\n').filter((line) => !line.includes('bob'))
      assert.ok(isSubsequence(foreign, removed.split('\n')), 'remove took a line of others')
      assert.not.ok(removed.includes('bob'))
      assert.is(parsePolicy(removed, 'x').recipients.size, 5)
    }),
    { numRuns: 400 },
  )
})

test.run()
