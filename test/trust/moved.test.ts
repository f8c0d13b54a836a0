import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Clone, ok, TrustStory } from './trust-story.ts'

const cipher = ({ dir }: Clone, path: string) => readFileSync(join(dir, path))

/** Ways to bring ciphertext to a path of more readers, without a key. */
const MOVED: Record<string, { path: string; make: (mallory: Clone) => Record<string, Buffer | null> }> = {
  'moved below a wider rule': {
    path: 'secrets/wide/root',
    make: (clone) => ({
      'secrets/wide/root': cipher(clone, 'secrets/narrow/root'),
      'secrets/narrow/root': null,
    }),
  },
  'copied over a wider secret': {
    path: 'secrets/wide/motd',
    make: (clone) => ({ 'secrets/wide/motd': cipher(clone, 'secrets/narrow/root') }),
  },
  'copied to where the team reads': {
    path: 'secrets/copy',
    make: (clone) => ({ 'secrets/copy': cipher(clone, 'secrets/narrow/root') }),
  },
  'copied, and its name matches another rule': {
    path: 'secrets/x/root.key',
    make: (clone) => ({ 'secrets/x/root.key': cipher(clone, 'secrets/narrow/root') }),
  },
}

test('ciphertext that came to a path of more readers stays for those who could read it', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  for (const [what, { path, make }] of Object.entries(MOVED)) {
    await mallory.git('reset', '-q', '--hard', base)
    await story.push(make(mallory), base)
    await alice.git('fetch', '-q')
    await alice.git('reset', '-q', '--hard', 'origin/main')
    assert.is(alice.text(path), 'narrow: root\n', what)
    assert.is(await alice.git('status', '--porcelain'), '', what)
    alice.write({ [path]: `narrow: changed, ${what}\n` })
    await alice.git('add', '-A')
    const opened = await story.nothingOpens(what)
    assert.ok(opened.get('alice')?.includes(`narrow: changed, ${what}\n`), what)
  }
  // With the last of them: whatever else seals.
  const path = 'secrets/x/root.key'
  const set = await story.box.run('git-nixsecret', ['set', path], { cwd: alice.dir, input: 'narrow: set\n' })
  assert.is(set.code, 0, set.stderr)
  const rekey = await alice.nixsecret('rekey')
  assert.is(rekey.code, 2, rekey.stderr)
  assert.match(rekey.stderr, /hint: git nixsecret trust/)
  await alice.git('commit', '-qm', 'changed')
  alice.write({ [path]: 'narrow: changed again\n' })
  await alice.git('commit', '-qam', 'changed again')
  const mine = (await story.nothingOpens('later')).get('alice') ?? []
  for (const text of ['set', 'changed again']) assert.ok(mine.includes(`narrow: ${text}\n`), text)
})

test('a merge with moved ciphertext, and its conflict by hand, stay with those who could read all of it', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  const stolen = cipher(mallory, 'secrets/narrow/root')
  await story.push({ 'secrets/wide/motd': stolen, 'secrets/wide/root': stolen, 'secrets/narrow/root': null })
  await alice.commit('mine', {
    'secrets/wide/motd': 'wide: motd of alice\n',
    'secrets/narrow/root': 'narrow: root of alice\n',
  })
  for (const [command, ...args] of [
    ['merge', '-q', 'origin/main'],
    ['rebase', '-q', 'origin/main'],
  ] as const) {
    await alice.git('fetch', '-q')
    const merged = await alice.tryGit(command, ...args)
    assert.is.not(merged.code, 0, command)
    await story.nothingOpens(`${command}, in conflict`)
    assert.match(alice.text('secrets/wide/motd'), /narrow: root\n/)
    alice.write({ 'secrets/wide/motd': `narrow: resolved ${command}\n` })
    await alice.git('add', '-A')
    await story.nothingOpens(`${command}, resolved`)
    await alice.git('-c', 'core.editor=true', command, '--continue')
    alice.write({
      'secrets/wide/motd': `narrow: after ${command}\n`,
      'secrets/wide/root': `narrow: root after ${command}\n`,
    })
    await alice.git('commit', '-qam', 'later')
    await story.nothingOpens(`${command}, and on`)
    await alice.git('reset', '-q', '--hard', base)
    await alice.commit('mine', {
      'secrets/wide/motd': 'wide: motd of alice\n',
      'secrets/narrow/root': 'narrow: root of alice\n',
    })
  }
})

test('a reader who was removed and comes back is new again, in two pulls and in one', async () => {
  const story = await TrustStory.begin()
  const { alice, policy } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  const without = policy.replaceAll('"@team", "wanda"', '"@team"')
  for (const pulls of [2, 1]) {
    await alice.git('reset', '-q', '--hard', base)
    await story.push({ 'nixsecret.toml': without, README: `${pulls}` }, base)
    if (pulls === 2) {
      await alice.git('fetch', '-q')
      await alice.hooked('merge', '-q', '--ff-only', 'origin/main')
    }
    await story.push({ 'nixsecret.toml': policy })
    await alice.git('fetch', '-q')
    await alice.hooked('merge', '-q', '--ff-only', 'origin/main')
    alice.write({
      'secrets/wide/motd': `team: since wanda left, ${pulls}\n`,
      'secrets/other.key': `team: ${pulls}\n`,
    })
    await alice.git('add', '-A')
    await story.nothingOpens(`${pulls} pulls`)
    await alice.git('reset', '-q', '--hard')
  }
})

test('moved ciphertext that is taken out of the index again', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  const stolen = readFileSync(join(mallory.dir, 'secrets/narrow/root'))
  await story.push({ 'secrets/wide/motd': stolen, 'secrets/wide/root': stolen })
  await alice.git('pull', '-q')
  await alice.git('reset', '-q', base)
  // git cleans for these, and keeps nothing of it.
  await alice.git('status', '--porcelain')
  await alice.git('diff')
  alice.write({ 'secrets/wide/root': 'narrow: root, edited\n' })
  await alice.git('add', '-A')
  await story.nothingOpens('reset and added')
  await alice.git('commit', '-qm', 'mine')
  alice.write({ 'secrets/wide/motd': 'narrow: more\n', 'secrets/wide/root': 'narrow: more\n' })
  await alice.git('commit', '-qam', 'mine, too')
  await story.nothingOpens('reset, added and changed')
})

test('a SOPS document that says that others read it, too', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory, keys } = story
  const stolen = readFileSync(join(mallory.dir, 'secrets/sops/app.yaml'), 'utf8')
  // What is there is looked at by hooks and by commands like this.
  await ok(alice.nixsecret('rekey'))
  // The stanza of another reader under wanda's name: nobody can tell without her key.
  const [entry = ''] = /^ +- (recipient|enc):[\s\S]*?-----END AGE ENCRYPTED FILE-----\n/m.exec(stolen) ?? []
  const forged = stolen.replace(entry, entry.replace(/recipient: .*/, `recipient: ${keys.wanda}`) + entry)
  await story.push({ 'secrets/wide/app.yaml': forged })
  await alice.git('pull', '-q')
  alice.write({ 'secrets/wide/app.yaml': `${alice.text('secrets/wide/app.yaml')}more: team\n` })
  await alice.git('add', '-A')
  await story.nothingOpens('forged document')
})

test.run()
