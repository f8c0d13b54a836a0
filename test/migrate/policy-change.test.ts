import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { textPath } from '../../src/byte-path.ts'
import type { ImportPlan } from '../../src/migrate/import-plan.ts'
import { planPolicyChange } from '../../src/migrate/policy-change.ts'
import type { PreparedSecret } from '../../src/migrate/prepared-secret.ts'
import { ReaderBook } from '../../src/migrate/reader-book.ts'
import { readersOf } from '../../src/policy/readers-of.ts'

const test = suite('the policy of an import')

const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0idNvgGiucWgup/mP78zyC23uFjYq0evcWdjGQUaBH'
const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const WEB = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJDyIr/FSz1cJdcoW69R+NrWzwGK/+3gJpqD1t8L2zE'
const HYBRID = 'age1pq1'

function change(
  text: string | null,
  secrets: Readonly<Record<string, readonly string[] | null>>,
  about: Partial<Pick<ImportPlan, 'names' | 'groups' | 'rules'>> & {
    own?: readonly string[]
    others?: readonly string[]
  } = {},
) {
  const policy = text === null ? null : policyFrom(text)
  const plan = { names: new Map(), groups: [], ...about } as unknown as ImportPlan
  const book = new ReaderBook(policy, plan, about.own)
  const prepared = Object.entries(secrets).map(([path, keys]) => {
    const readers = keys?.map((key) => (/^(age1|ssh-)/.test(key) ? { key } : { name: key })) ?? null
    const secret = { path: textPath(path), readers }
    return { secret, readers: readers === null ? null : book.readersOf(readers) }
  }) as unknown as PreparedSecret[]
  const others = (about.others ?? []).map(textPath)
  const done = planPolicyChange({ text, policy }, prepared, { plan, book, own: about.own ?? [], others })
  const after = policyFrom(done.after)
  return { ...done, readers: (path: string) => readersOf(after, textPath(path)) }
}

test('a new policy has names of the source, then of comments', () => {
  const { after, readers, recipients } = change(
    null,
    { 'a.age': [`${SSH} alice@laptop`, AGE], 'b.age': [`${SSH} alice@laptop`, `${WEB} root@web1`] },
    { names: new Map([[AGE, "backup key'"]]), own: [SSH] },
  )
  assert.equal(readers('a.age'), ['alice', 'backup-key'])
  assert.equal(readers('b.age'), ['alice', 'web1'])
  assert.equal(readers('else'), ['alice'], 'new secrets are for the user')
  assert.equal(
    recipients.map(({ name }) => name),
    ['alice', 'backup-key', 'web1'],
  )
  assert.match(after, /^# Who can read the secrets/)
})

test('who imports is called as their own key file calls them, where the source has no name', () => {
  const own = [`${SSH} carol@desk`]
  assert.equal(change(null, { a: [SSH, WEB] }, { own }).readers('a'), ['carol', 'reader'])
  assert.equal(change(null, { a: [`${SSH} alice@laptop`] }, { own }).readers('a'), ['alice'])
})

test('names are unique, whatever the source calls them', () => {
  const { readers } = change(
    null,
    { a: [SSH, AGE, WEB] },
    {
      names: new Map([
        [SSH, 'x'],
        [AGE, 'x'],
        [WEB, '---'],
      ]),
    },
  )
  assert.equal(readers('a'), ['x', 'x-2', 'reader'])
})

const OLD = `version = 1

[recipients]
me = "${SSH} alice@laptop" # mine

[default]
to = ["me"]

# everything below
[[rule]]
paths = ["/**"]
to = ["me"]
`

test('an old policy keeps its names and comments, and rules of the import go before others', () => {
  const { after, readers, rules } = change(OLD, { 'x/a.age': [SSH, AGE], 'x/b.age': [SSH] })
  assert.equal(readers('x/a.age'), ['me', 'reader'])
  assert.equal(readers('x/b.age'), ['me'])
  assert.is(rules.length, 1, 'what the policy says already needs no rule')
  assert.ok(after.includes('# mine'))
  assert.ok(after.indexOf('/x/a.age') < after.indexOf('# everything below'))
})

test('a second time nothing is added', () => {
  const secrets = { 'x/a.age': [SSH, AGE], 'y/b.age': [SSH, WEB] }
  const once = change(OLD, secrets, { groups: [{ name: 'us', members: [SSH, AGE] }] }).after
  const twice = change(once, secrets, { groups: [{ name: 'us', members: [SSH, AGE] }] })
  assert.is(twice.after, once)
  assert.equal([twice.recipients, twice.groups, twice.rules], [[], [], []])
})

test('lists of the source become groups where all of one reads', () => {
  const { rules, groups, readers } = change(
    null,
    { a: [SSH, AGE, WEB], b: [SSH, AGE], c: [SSH] },
    {
      names: new Map([
        [SSH, 'alice'],
        [AGE, 'backup'],
        [WEB, 'web1'],
      ]),
      groups: [
        { name: 'users', members: [SSH, AGE] },
        { name: 'unused', members: [AGE, WEB, SSH, `${WEB}`] },
        { name: 'one', members: [SSH] },
      ],
    },
  )
  assert.equal(
    rules.map(({ to }) => to),
    [['@unused'], ['@users'], ['alice']],
  )
  assert.equal(
    groups.map(({ name }) => name),
    ['unused', 'users'],
  )
  assert.equal(readers('a'), ['backup', 'web1', 'alice'])
})

test('what names readers of the policy needs no key', () => {
  const { readers, recipients } = change(OLD, { a: ['me', AGE] })
  assert.equal(readers('a'), ['me', 'reader'])
  assert.is(recipients.length, 1)
  assert.throws(() => change(OLD, { a: ['nobody'] }), /no recipient or group nobody/)
  assert.throws(() => change(OLD, { a: ['@admins'] }), /no recipient or group @admins/)
})

test('a key that is none, and nobody, are refused', () => {
  assert.throws(() => change(null, { a: [`${HYBRID}x`] }), /age1/)
  assert.throws(() => change(null, { a: [] }), /nobody could read it/)
})

const FOLDERS = [
  { paths: ['/s/team/**'], readers: [{ name: 'me' }, { key: AGE }] },
  { paths: ['/s/**'], readers: [{ key: AGE }] },
]
const STORE = { 's/team/db': ['me', AGE], 's/mail': [AGE] }
const BARE = `version = 1\n[recipients]\nme = "${SSH}"\n[default]\nto = ["me"]\n`

test('rules for folders come last, and hold for what is added later', () => {
  const { rules, readers, after } = change(BARE, STORE, { rules: FOLDERS })
  assert.is(rules.length, 2)
  assert.equal(readers('s/team/new'), ['me', 'reader'])
  assert.equal(readers('s/new'), ['reader'])
  assert.equal(readers('else'), ['me'])
  assert.is(change(after, STORE, { rules: FOLDERS }).after, after, 'a second time changes nothing')
})

test('no rule for a folder changes the readers of another file, or of a secret', () => {
  const { rules, readers } = change(BARE, STORE, { rules: FOLDERS, others: ['s/mine'] })
  assert.equal(readers('s/mine'), ['me'])
  assert.equal(readers('s/mail'), ['reader'])
  assert.equal(
    rules.map(({ paths }) => paths),
    [['/s/team/db'], ['/s/mail']],
  )
  const ruled = `${BARE}[[rule]]\npaths = ["/s/mine"]\nto = ["me"]\n`
  const kept = change(ruled, STORE, { rules: FOLDERS, others: ['s/mine'] })
  assert.equal(kept.readers('s/mine'), ['me'], 'a rule that is there wins')
  assert.equal(kept.readers('s/new'), ['reader'])
})

test.run()
