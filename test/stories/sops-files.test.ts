import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decryptSops } from 'sops-age'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { GitStory } from '../support/git-story.ts'
import { has, needs } from '../support/needs.ts'
import { blobOf, findPlaintext, Person } from '../support/story.ts'

// Documents of SOPS in git, plaintext in the work tree: what git does with them, and who can read them.

const SECRETS = ['hunter-two', 'plain-token', 'needle-value', 'other-value', 'third-value']
const FIRST = `# who may deploy
db:
  user: needle-value
  password: "hunter-two"
  port: 5432
list:
  - plain-token
  - 1.50
  - true

# a key
key: |
  line one
  line two
last: x
`

const POLICY = `
[[rule]]
paths = ["/secrets/*.yaml", "/secrets/*.json", "/secrets/*.env", "/secrets/*.ini", "/secrets/blob"]
format = "sops"
`

/** An age key that is a reader, too: for programs that know no SSH keys. */
async function ageKey(person: Person): Promise<{ file: string; recipient: string; secret: string }> {
  const file = person.box.path('backup.txt')
  await person.box.ok('age-keygen', ['-o', file])
  const text = readFileSync(file, 'utf8')
  const recipient = /age1\w+/.exec(text)?.[0] as string
  const secret = /AGE-SECRET-KEY-1\w+/.exec(text)?.[0] as string
  return { file, recipient, secret }
}

async function begin() {
  const story = await GitStory.begin(undefined, 'sops')
  const backup = await ageKey(story.person)
  await story.git('nixsecret', 'recipient', 'add', 'backup', backup.recipient)
  story.write('nixsecret.toml', story.text('nixsecret.toml') + POLICY)
  await acceptAll(story.person.box, story.dir)
  await story.git('nixsecret', 'rekey')
  await story.commit('first', { 'secrets/a.yaml': FIRST })
  return { story, backup }
}

const document = async (story: GitStory, name: string): Promise<string> =>
  (await blobOf(story.person, story.dir, name)).toString('utf8')

/** Lines of one that the other has not. */
function changed(one: string, other: string): string[] {
  const lines = new Set(other.split('\n'))
  return one.split('\n').filter((line) => !lines.has(line))
}

const names = (lines: readonly string[]) => lines.map((line) => line.trim().split(/:? /)[0])

test('one value that changed is one line that changed, and other programs read what git has', async () => {
  const { story, backup } = await begin()
  const before = await document(story, 'HEAD:secrets/a.yaml')
  assert.not.match(before, /hunter|needle|5432|token|line one|deploy/)
  assert.match(before, /^db:\n {2}user: ENC\[AES256_GCM,/m)
  assert.is(await story.status(), '')
  // A reader has an entry of their own; one with an SSH key two.
  assert.is(before.match(/BEGIN AGE ENCRYPTED FILE/g)?.length, 3)

  story.write('secrets/a.yaml', FIRST.replace('hunter-two', 'hunter-two-2'))
  const diff = await story.git('diff')
  assert.match(diff, /^-\s+password: "hunter-two"$/m)
  const sealed = await story.git('diff', '--no-textconv', '--text')
  assert.is(await story.git('diff', '--no-textconv', '--text'), sealed)
  await story.commit('second')
  const after = await document(story, 'HEAD:secrets/a.yaml')
  assert.equal(names(changed(before, after)), ['password', 'lastmodified', 'mac'])
  assert.equal(names(changed(after, before)), ['password', 'lastmodified', 'mac'])

  const content = await decryptSops(after, { fileType: 'yaml', secretKey: backup.secret })
  assert.is(content.db.password, 'hunter-two-2')
  assert.is(content.db.port, 5432)
  assert.equal(content.list, ['plain-token', 1.5, true])
  if (has('age')) {
    const enc = [...after.matchAll(/( *)-----BEGIN AGE[\s\S]*?END AGE.*-----/g)].map(([text, indent = '']) =>
      text.replaceAll(`\n${indent}`, '\n').trimStart(),
    )
    const keys = await Promise.all(
      [backup.file, join(story.person.box.home, '.ssh/id_ed25519')].map(async (key) => {
        const opened = await Promise.all(
          enc.map((input) => story.person.box.run('age', ['-d', '-i', key], { input: `${input}\n` })),
        )
        return opened.filter(({ code }) => code === 0).map(({ stdout }) => stdout.toString('hex'))
      }),
    )
    assert.equal(
      keys.map((found) => found.length),
      [1, 1],
    )
    assert.is(keys[0]?.[0], keys[1]?.[0])
  }
  // The same content again, however it is written, is the same document.
  story.write('secrets/a.yaml', FIRST)
  await story.git('add', '-A')
  story.write('secrets/a.yaml', FIRST.replace('hunter-two', 'hunter-two-2'))
  await story.git('add', '-A')
  assert.is(await document(story, ':secrets/a.yaml'), after)

  const other = story.at(story.person.box.path('clone'))
  await story.git('clone', '-q', story.dir, other.dir)
  await other.git('nixsecret', 'init')
  assert.is(other.text('secrets/a.yaml'), FIRST.replace('hunter-two', 'hunter-two-2'))
  assert.is(await other.status(), '')
  assert.is((await story.tryGit('nixsecret', 'check', '--all')).code, 0)
  assert.equal(await findPlaintext(story.person, story.dir, SECRETS), [])
})

test('every format, and what SOPS can not hold', async () => {
  const { story } = await begin()
  const files = {
    'secrets/b.json': '{\n\t"a": "needle-value",\n\t"n": 1.5,\n\t"deep": {"list": ["x", null]}\n}\n',
    'secrets/c.env': '# note\nA=needle-value\nB=\n',
    'secrets/d.ini': '[one]\na = needle-value\n',
    'secrets/blob': 'needle-value\0\u00ff\n',
    'secrets/empty.yaml': '',
  }
  await story.commit('formats', files)
  assert.is(await story.status(), '')
  for (const path of ['secrets/b.json', 'secrets/c.env', 'secrets/d.ini', 'secrets/blob'])
    assert.match(await document(story, `HEAD:${path}`), /ENC\[AES256_GCM/, path)
  assert.is(await document(story, 'HEAD:secrets/empty.yaml'), '')
  await story.git('rm', '-q', '-r', '--cached', 'secrets')
  await story.git('reset', '-q', '--hard')
  assert.is(story.text('secrets/c.env'), files['secrets/c.env'])
  assert.is(story.text('secrets/blob'), files['secrets/blob'])
  assert.equal(JSON.parse(story.text('secrets/b.json')), JSON.parse(files['secrets/b.json']))
  assert.is(await story.status(), '')
  assert.is((await story.tryGit('nixsecret', 'check')).code, 0)
  const status = JSON.parse((await story.tryGit('nixsecret', 'status', '--json')).out)
  assert.equal([...new Set(status.files.map((file: { recipients: string }) => file.recipients))].sort(), [
    'fits',
    null,
  ])
  for (const [text, why] of [
    ['a: [1\nb: needle-value\n', /a\.yaml can't be made a SOPS document/],
    ['- needle-value\n', /a\.yaml can't be made a SOPS document/],
    ['sops: needle-value\n', /sops/],
  ] as const) {
    story.write('secrets/a.yaml', text)
    const add = await story.tryGit('add', '-A')
    assert.is.not(add.code, 0)
    assert.match(add.stderr, why)
    assert.not.match(add.stderr, /needle/)
  }
  assert.equal(await findPlaintext(story.person, story.dir, SECRETS), [])
})

test('different values of one file merge, and each keeps the ciphertext of its side', async () => {
  const { story, backup } = await begin()
  const base = await document(story, 'HEAD:secrets/a.yaml')
  const theirs = FIRST.replace('last: x', 'last: other-value\nmore: third-value')
  const ours = FIRST.replace('needle-value', 'other-value')
  await story.fork({ 'secrets/a.yaml': theirs }, { 'secrets/a.yaml': ours })
  await story.git('merge', '-q', '--no-edit', 'topic')
  const both = theirs.replace('needle-value', 'other-value')
  assert.is(story.text('secrets/a.yaml'), both)
  assert.is(await story.status(), '')
  const merged = await document(story, 'HEAD:secrets/a.yaml')
  const sides = [
    base,
    await document(story, 'topic:secrets/a.yaml'),
    await document(story, 'main^:secrets/a.yaml'),
  ]
  const known = new Set(sides.flatMap((side) => side.split('\n')))
  assert.equal(names(merged.split('\n').filter((line) => !known.has(line) && !/lastmodified/.test(line))), [
    'mac',
  ])
  const content = await decryptSops(merged, { fileType: 'yaml', secretKey: backup.secret })
  assert.is(content.more, 'third-value')
  assert.is(content.db.user, 'other-value')

  // Replayed, and put aside and taken back.
  await story.git('reset', '-q', '--hard', 'HEAD^')
  await story.git('checkout', '-q', 'topic')
  await story.git('rebase', '-q', 'main')
  assert.is(story.text('secrets/a.yaml'), both)
  story.write('secrets/a.yaml', both.replace('hunter-two', 'third-value'))
  await story.git('stash', '-q')
  assert.is(story.text('secrets/a.yaml'), both)
  await story.git('stash', 'pop', '-q')
  assert.is(story.text('secrets/a.yaml'), both.replace('hunter-two', 'third-value'))
  await story.git('checkout', '-q', '--', 'secrets/a.yaml')
  assert.is(await story.status(), '')
  assert.equal(await findPlaintext(story.person, story.dir, SECRETS), [])
})

test('a conflict is plaintext in the work tree and nowhere else, and is settled as usual', async () => {
  const { story } = await begin()
  await story.fork(
    { 'secrets/a.yaml': FIRST.replace('hunter-two', 'other-value') },
    { 'secrets/a.yaml': FIRST.replace('hunter-two', 'third-value') },
  )
  assert.is((await story.tryGit('merge', '--no-edit', 'topic')).code, 1)
  assert.is(await story.status(), 'UU secrets/a.yaml\n')
  assert.match(story.text('secrets/a.yaml'), /^<{8} [\s\S]*third-value[\s\S]*^={8}$[\s\S]*other-value/m)
  assert.is((await story.tryGit('diff')).code, 0)
  assert.equal(await findPlaintext(story.person, story.dir, SECRETS), [])
  // Added as it is, it is ciphertext, and goes no further.
  await story.git('add', '-A')
  const commit = await story.tryGit('commit', '-q', '--no-edit')
  assert.is.not(commit.code, 0)
  assert.match(commit.stderr, /other-format/)
  story.write('secrets/a.yaml', FIRST.replace('hunter-two', 'other-value'))
  await story.git('add', '-A')
  await story.git('commit', '-q', '--no-edit')
  assert.match(await document(story, 'HEAD:secrets/a.yaml'), /^db:\n {2}user: ENC/m)
  assert.is(await story.status(), '')
  assert.equal(await findPlaintext(story.person, story.dir, SECRETS), [])
})

test('readers: who is removed can not open what comes, and a check without keys sees who can', async () => {
  const { story, backup } = await begin()
  const before = await document(story, 'HEAD:secrets/a.yaml')
  await story.git('nixsecret', 'recipient', 'remove', 'backup')
  await story.git('add', 'nixsecret.toml')
  const check = await story.tryGit('nixsecret', 'check', '--json')
  assert.match(check.out, /stale-recipients/)
  assert.match(check.out, new RegExp(backup.recipient))
  const dry = JSON.parse((await story.tryGit('nixsecret', 'rekey', '--dry-run', '--json')).out)
  const file = dry.files.find(({ path }: { path: string }) => path === 'secrets/a.yaml')
  assert.equal([file.gains, file.loses, file.known], [[], [backup.recipient], true])
  await story.git('nixsecret', 'rekey')
  await story.commit('rekeyed')
  const after = await document(story, 'HEAD:secrets/a.yaml')
  assert.not.match(after, new RegExp(backup.recipient))
  assert.equal(
    after.split('\n').filter((line) => /ENC\[/.test(line) && before.includes(line)),
    [],
  )
  assert.is(await story.status(), '')
  assert.is(story.text('secrets/a.yaml'), FIRST)
  assert.is((await story.tryGit('nixsecret', 'check')).code, 0)

  // Somebody without a key: the document as it is, which nobody may touch.
  const guest = await Person.create('guest', { key: false })
  const copy = new GitStory(guest, guest.box.path('copy'))
  await guest.git(guest.box.dir, 'clone', '-q', story.dir, copy.dir)
  await copy.git('nixsecret', 'init')
  assert.is(copy.text('secrets/a.yaml'), after)
  assert.is((await copy.tryGit('nixsecret', 'check', '--all')).code, 0)
  assert.is(await copy.status(), '')
  copy.write('secrets/a.yaml', after.replace(/user: .*/, 'user: needle-value'))
  const add = await copy.tryGit('add', '-A')
  assert.is.not(add.code, 0)
  assert.match(add.stderr, /locked file was changed/)
  await copy.git('checkout', '-q', '--', 'secrets/a.yaml')
  assert.match(await copy.git('show', 'HEAD:secrets/a.yaml'), /ENC\[/)
  // Without a key, too, a new content can be set.
  const set = await copy.person.box.run('git', ['nixsecret', 'set', 'secrets/a.yaml'], {
    cwd: copy.dir,
    input: 'db:\n  user: third-value\n',
  })
  assert.is(set.code, 0, set.stderr)
  assert.match(copy.text('secrets/a.yaml'), /^db:\n {2}user: ENC/)

  // What went round the filter.
  for (const [text, rule] of [
    [after.replace(/user: .*/, 'user: needle-value'), 'plaintext-blob'],
    [
      after.replace(
        /^ {4}lastmodified/m,
        '    pgp:\n        - fp: ABCD\n          created_at: "2026-01-01T00:00:00Z"\n          enc: x\n    lastmodified',
      ),
      'stale-recipients',
    ],
  ] as const) {
    const written = await copy.person.box.run('git', ['hash-object', '-w', '--stdin', '--no-filters'], {
      cwd: copy.dir,
      input: text,
    })
    await copy.git('update-index', '--cacheinfo', `100644,${written.out.trim()},secrets/a.yaml`)
    const found = await copy.tryGit('nixsecret', 'check', '--staged', '--json')
    assert.is(found.code, 1)
    assert.match(found.out, rule)
  }
})

if (needs('SOPS documents in git', 'age-keygen')) test.run()
