import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { enarmor } from '../../src/age/armor.ts'
import { GitStory, MARK, secret } from '../support/git-story.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { findPlaintext } from '../support/story.ts'

// A diff of a file in the work tree stores nothing, and asks for its ciphertext twice: both must be the same, and the
// same again when the patch is applied.
const OLD = secret()
const DIFFS = [
  ['diff-index', '--binary', 'HEAD', '--'],
  ['diff', '--binary', '--no-textconv'],
  ['diff', '--binary', '--no-textconv', '--full-index', 'HEAD'],
]

/** A secret of about so many bytes, with the mark in every line. */
function large(size: number): string {
  const lines = Array.from({ length: size >> 6 }, () => `${MARK} ${randomBytes(24).toString('hex')}`)
  return `${lines.join('\n')}\n`
}

/** Writes the work tree's changes into a patch. */
async function patchOf(story: GitStory, diff: readonly string[]): Promise<string> {
  const file = story.person.box.path('patch')
  const { code, stdout, stderr } = await story.tryGit(...diff)
  assert.is(code, 0, stderr)
  assert.ok(stdout.includes('GIT binary patch'), 'no binary patch')
  assert.not.ok(stdout.includes(MARK))
  writeFileSync(file, stdout)
  return file
}

/** There and back: taken away and put back, then taken back by the patch itself. */
async function roundTrip(story: GitStory, diff: readonly string[], edited: string): Promise<void> {
  story.write('secrets/db', edited)
  const patch = await patchOf(story, diff)
  await story.git('checkout', '--', 'secrets/db')
  assert.is(story.text('secrets/db'), OLD)
  await story.git('apply', patch)
  assert.ok(story.text('secrets/db') === edited, `${diff}: applied`)
  assert.is(await story.status(), ' M secrets/db\n')
  await story.git('apply', '-R', patch)
  assert.is(story.text('secrets/db'), OLD)
  assert.is(await story.status(), '')
  assert.equal(await findPlaintext(story.person, story.dir, [MARK]), [])
}

for (const [what, edited] of Object.entries({
  'a few lines': secret({ 2: 'dirty' }),
  'nearly what is held in memory': large(1_000_000),
  'more than is held in memory': large(2_500_000),
  nothing: '',
})) {
  test(`changed and not staged, ${what}: a patch takes it away and gives it back`, async () => {
    const story = await GitStory.withoutHooks()
    for (const diff of DIFFS) await roundTrip(story, diff, edited)
    await story.finish()
  })
}

test('of a blob that is text', async () => {
  const story = await GitStory.withoutHooks()
  const { stdout } = await story.tryGit('cat-file', 'blob', 'HEAD:secrets/db')
  const armored = story.person.box.write('armored', enarmor(stdout))
  const id = (await story.git('hash-object', '-w', '--no-filters', armored)).trim()
  await story.git('update-index', '--cacheinfo', `100644,${id},secrets/db`)
  await story.git('commit', '-q', '-m', 'armored')
  for (const edited of [secret({ 2: 'dirty' }), large(2_000_000)]) {
    story.write('secrets/db', edited)
    const patch = await patchOf(story, DIFFS[0] as string[])
    await story.git('checkout', '--', 'secrets/db')
    await story.git('apply', patch)
    assert.ok(story.text('secrets/db') === edited)
    await story.git('add', 'secrets/db')
    assert.match((await story.tryGit('cat-file', 'blob', ':secrets/db')).out, /^-----BEGIN AGE/)
    await story.git('reset', '-q')
    await story.git('apply', '-R', patch)
    assert.is(story.text('secrets/db'), OLD)
  }
})

test('from a large secret to another', async () => {
  const [before, after] = [large(2_000_000), large(2_000_000)]
  const story = await GitStory.withoutHooks(before)
  story.write('secrets/db', after)
  const patch = await patchOf(story, DIFFS[0] as string[])
  await story.git('checkout', '--', 'secrets/db')
  assert.ok(story.text('secrets/db') === before)
  await story.git('apply', patch)
  assert.ok(story.text('secrets/db') === after)
})

test('by git that starts the filter anew for each file', async () => {
  const story = await GitStory.withoutHooks()
  await story.git('config', '--unset', 'filter.nixsecret.process')
  for (const edited of [secret({ 2: 'dirty' }), large(2_000_000)]) {
    await roundTrip(story, DIFFS[0] as string[], edited)
  }
})

test('where nothing can be remembered, one diff still agrees with itself', async () => {
  const story = await GitStory.withoutHooks()
  const key = { NIXSECRET_IDENTITY: join(story.person.box.home, '.ssh/id_ed25519') }
  // What was accepted is there, and nothing can be remembered.
  const state = story.person.box.path('state/git-nixsecret')
  mkdirSync(join(state, 'memo.key'), { recursive: true, mode: 0o700 })
  cpSync(join(story.person.box.home, '.local/state/git-nixsecret/trust'), join(state, 'trust'), {
    recursive: true,
  })
  Object.assign(story.env, { XDG_STATE_HOME: dirname(state) }, key)
  for (const edited of [secret({ 2: 'dirty' }), large(2_000_000)]) {
    story.write('secrets/db', edited)
    const patch = await patchOf(story, DIFFS[0] as string[])
    await story.git('checkout', '--', 'secrets/db')
    await story.git('apply', patch)
    assert.ok(story.text('secrets/db') === edited)
  }
})

test('many secrets, one twice, a new one and the policy in one patch', async () => {
  const story = await GitStory.withoutHooks()
  const names = Array.from({ length: 60 }, (_, i) => `secrets/${i}`)
  await story.commit('many', Object.fromEntries(names.map((name) => [name, secret({ 1: name })])))
  const edited = (name: string) => secret({ 1: name === 'secrets/7' ? 'secrets/8 edited' : `${name} edited` })
  for (const name of names) story.write(name, edited(name))
  story.write('secrets/new', secret({ 1: 'new' }))
  await story.git('add', '-N', 'secrets/new')
  const policy = `${story.text('nixsecret.toml')}# edited\n`
  story.write('nixsecret.toml', policy)
  const patch = await patchOf(story, ['diff', '--binary', '--no-textconv'])
  await story.git('reset', '-q', '--hard')
  await story.git('apply', patch)
  for (const name of names) assert.is(story.text(name), edited(name), name)
  assert.is(story.text('secrets/new'), secret({ 1: 'new' }))
  assert.is(story.text('nixsecret.toml'), policy)
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'edited')
  await story.finish()
})

test('applied to the index, and where git merges it; the edit goes on being the same blob', async () => {
  const story = await GitStory.withoutHooks()
  const edited = secret({ 2: 'dirty' })
  for (const how of [['--index'], ['--3way']]) {
    story.write('secrets/db', edited)
    const patch = await patchOf(story, DIFFS[0] as string[])
    const [, named] = /^index [0-9a-f]+\.\.([0-9a-f]+)/m.exec(readFileSync(patch, 'latin1')) ?? []
    await story.git('checkout', '--', 'secrets/db')
    await story.git('apply', ...how, patch)
    assert.is(story.text('secrets/db'), edited)
    assert.is(await story.id('secrets/db'), named)
    story.touchAll()
    assert.is(await story.status(), 'M  secrets/db\n')
    await story.git('apply', '-R', ...how, patch)
    await story.holds(OLD)
  }
})

/** Adds a reader to the policy; the path of their key. */
async function addBob(story: GitStory): Promise<string> {
  const key = story.person.box.path('bob')
  await makeSshKey(story.person.box, key, 'other')
  await story.git('nixsecret', 'recipient', 'add', 'bob', readFileSync(`${key}.pub`, 'utf8').trim())
  await story.git('add', 'nixsecret.toml')
  return key
}

test('other readers, staged: a patch applies after rekey; before it git refuses, and the old policy helps', async () => {
  for (const rekeyed of [true, false]) {
    const story = await GitStory.withoutHooks()
    await addBob(story)
    if (rekeyed) await story.git('nixsecret', 'rekey')
    await story.git('add', 'nixsecret.toml')
    const policy = story.text('nixsecret.toml')
    const edited = secret({ 2: 'dirty' })
    story.write('secrets/db', edited)
    const patch = await patchOf(story, ['diff', '--binary', '--no-textconv'])
    await story.git('checkout', '--', '.')
    if (rekeyed) await story.git('apply', patch)
    else {
      assert.match((await story.tryGit('apply', patch)).stderr, /does not match the current contents/)
      await story.git('restore', '--source=HEAD', 'nixsecret.toml')
      await story.git('apply', patch)
      await story.git('restore', 'nixsecret.toml')
    }
    assert.is(story.text('secrets/db'), edited)
    assert.is(story.text('nixsecret.toml'), policy)
  }
})

test('another key and the same plaintext: sealed anew for other readers', async () => {
  const story = await GitStory.withoutHooks()
  const edited = secret({ 2: 'dirty' })
  story.write('secrets/db', edited)
  const before = (await story.git('hash-object', 'secrets/db')).trim()
  assert.is((await story.git('hash-object', 'secrets/db')).trim(), before)
  const key = await addBob(story)
  assert.is.not((await story.git('hash-object', 'secrets/db')).trim(), before)
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'bob')
  const env = { NIXSECRET_IDENTITY: key }
  const show = ['nixsecret', 'show', 'secrets/db']
  assert.is(await story.person.box.ok('git', show, { cwd: story.dir, env }), edited)
})

test.run()
