import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { blobOf, findPlaintext, isAge, Person, read } from '../support/story.ts'

// git-agecrypt is no package of Debian. Its filter is age with the recipients of git-agecrypt.toml (src/age.rs: binary,
// one stanza a recipient), so the real age is the filter of these repositories. What docs/schemes/git-agecrypt.md says.
const test = suite('import git-agecrypt')

const SECRETS = {
  'secrets/a b': 'secret-of-a-and-b',
  'secrets/web[1]': 'secret-of-web-1',
  'top.key': 'secret-at-the-top',
}

async function start(): Promise<{ alice: Person; dir: string; other: string }> {
  const alice = await Person.create('alice')
  const dir = alice.box.path('repo')
  await makeSshKey(alice.box, alice.box.path('bob'), 'bob@home')
  const other = readFileSync(alice.box.path('bob.pub'), 'utf8').trim()
  await alice.box.ok('git', ['init', '-q', dir])
  const own = join(alice.box.home, '.ssh/id_ed25519')
  const filter = (key: string, value: string) => alice.git(dir, 'config', `filter.git-agecrypt.${key}`, value)
  await filter('clean', `age -r '${alice.recipient}' -r '${other}'`)
  await filter('smudge', `age -d -i ${own}`)
  await filter('required', 'true')
  await alice.git(dir, 'config', 'git-agecrypt.config.identity', own)
  const file = (path: string, text: string) => alice.box.write(join(dir, path), text)
  file(
    '.gitattributes',
    'secrets/** filter=git-agecrypt diff=git-agecrypt\nsecrets/*.pub !filter !diff\ntop.key filter=git-agecrypt diff=git-agecrypt\n',
  )
  const keys = JSON.stringify([alice.recipient, other])
  file(
    'git-agecrypt.toml',
    `[config]\n${Object.keys(SECRETS)
      .map((path) => `"${path}" = ${keys}\n`)
      .join('')}`,
  )
  for (const [path, text] of Object.entries(SECRETS)) file(path, text)
  file('secrets/x.pub', 'public')
  await alice.git(dir, 'add', '-A')
  await alice.git(dir, 'commit', '-q', '-m', 'As git-agecrypt has it')
  return { alice, dir, other }
}

test('blobs stay, readers are kept, and git goes on with our filter', async () => {
  const { alice, dir } = await start()
  const before = await blobOf(alice, dir, 'HEAD:top.key')
  assert.ok(isAge(before))
  const run = () => alice.tryGit(dir, 'nixsecret', 'import', 'git-agecrypt')
  const { code, stderr } = await run()
  assert.is(code, 0, stderr)
  assert.match(stderr, /3 files in, 3 compared in memory with the source and equal/)
  assert.match(stderr, /can go, .*\n {2}.gitattributes:1: secrets\/\*\* .*\n {2}.gitattributes:3: top.key/)
  assert.is(await alice.git(dir, 'status', '--porcelain'), 'M  .gitattributes\nA  nixsecret.toml\n')
  await alice.git(dir, 'commit', '-q', '-m', 'Import')
  assert.equal(await blobOf(alice, dir, 'HEAD:top.key'), before)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.match((await run()).stderr, /3 files in already; nothing changed/)
  await alice.git(dir, 'nixsecret', 'check')

  // Without a trace of the old tool.
  const attributes = readFileSync(join(dir, '.gitattributes'), 'utf8')
  writeFileSync(join(dir, '.gitattributes'), attributes.replace(/^.*filter=git-agecrypt.*\n/gm, ''))
  rmSync(join(dir, 'git-agecrypt.toml'))
  await alice.git(dir, 'config', '--remove-section', 'filter.git-agecrypt')
  await alice.git(dir, 'nixsecret', 'rekey')
  writeFileSync(join(dir, 'top.key'), 'a new secret at the top')
  writeFileSync(join(dir, 'secrets/new'), 'a new file among them')
  await alice.git(dir, 'add', '-A')
  await alice.git(dir, 'commit', '-q', '-m', 'Ours alone')
  await alice.git(dir, 'nixsecret', 'check')
  for (const path of ['top.key', 'secrets/new', 'secrets/a b', 'secrets/web[1]'])
    assert.ok(isAge(await blobOf(alice, dir, `HEAD:${path}`)), path)
  assert.is((await blobOf(alice, dir, 'HEAD:secrets/x.pub')).toString(), 'public')
  await alice.git(dir, 'checkout', '-q', 'HEAD~1')
  assert.is(read(dir, 'top.key')?.toString(), SECRETS['top.key'])
  const searched = [...Object.values(SECRETS), 'a new secret at the top', 'a new file among them']
  assert.equal(await findPlaintext(alice, dir, searched), [])
})

test('what lacks a reader, a line or a key is left out, and the rest gets lines of its own', async () => {
  const { alice, dir, other } = await start()
  await alice.git(dir, 'config', 'filter.git-agecrypt.clean', `age -r '${other}'`)
  alice.box.write(join(dir, 'secrets/bobs'), 'only bob reads this')
  alice.box.write(join(dir, 'secrets/unknown'), 'nobody is named for this')
  const toml = readFileSync(join(dir, 'git-agecrypt.toml'), 'utf8')
  writeFileSync(
    join(dir, 'git-agecrypt.toml'),
    `${toml}"secrets/bobs" = ["${other}"]\n"plain" = ["${other}"]\n"gone" = []\n`,
  )
  alice.box.write(join(dir, 'plain'), 'no filter')
  // Not all of them: git cleans again what has the index's own time, and this filter is for bob alone.
  await alice.git(dir, 'add', 'git-agecrypt.toml', 'plain', 'secrets/bobs', 'secrets/unknown')
  await alice.git(dir, 'commit', '-q', '-m', 'More')
  const { code, out, stderr } = await alice.tryGit(dir, 'nixsecret', 'import', 'git-agecrypt')
  assert.is(code, 1)
  assert.match(stderr, /left out: secrets\/bobs: no private key here opens it/)
  assert.match(stderr, /left out: secrets\/unknown: git-agecrypt.toml names no recipient for it/)
  assert.match(stderr, /left out: plain: no .gitattributes line/)
  assert.match(stderr, /left out: gone: git does not track it/)
  assert.is(out.match(/as it is/g)?.length, 3)
  const attributes = readFileSync(join(dir, '.gitattributes'), 'utf8')
  assert.match(attributes, /^\/top.key filter=nixsecret /m)
  assert.not.match(attributes, /^secrets\/\*\* filter=nixsecret/m)
  assert.match(await alice.git(dir, 'check-attr', 'filter', 'secrets/bobs'), /filter: git-agecrypt/)
})

test('a key that only git-agecrypt knows is told of', async () => {
  const { alice, dir } = await start()
  const own = join(alice.box.home, '.ssh/id_ed25519')
  const { code, stderr } = await alice.box.run('git', ['nixsecret', 'import', 'git-agecrypt', '--dry-run'], {
    cwd: dir,
    env: { NIXSECRET_IDENTITY: alice.box.path('bob') },
  })
  assert.is(code, 0, stderr)
  assert.ok(stderr.includes(`hint: git config --add nixsecret.identity ${own}`), stderr)
})

if (needs('import git-agecrypt', 'age', 'ssh-keygen')) test.run()
