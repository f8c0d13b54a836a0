import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Clone, ok, TrustStory } from './trust-story.ts'

test('a newcomer by the merge of a fork: git works as ever, hooks and commands refuse, then all is accepted', async () => {
  const story = await TrustStory.begin()
  const { alice, bob, mallory, keys, policy } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  // The fork.
  await mallory.git('checkout', '-q', '-b', 'feature')
  const pushed = policy
    .replace('[groups]', `eve = "${keys.eve}"\n\n[groups]`)
    .replace('["alice", "bob"]', '["alice", "bob", "eve"]')
  await mallory.commit('useful things', { 'nixsecret.toml': pushed, feature: 'x\n' })
  await mallory.git('push', '-q', 'origin', 'feature')
  // Meanwhile bob works on a secret, and so does alice.
  await bob.commit('bob', { 'secrets/db': 'team: db\nteam: bob\n' })
  await bob.git('push', '-q')
  await alice.commit('alice', {
    'secrets/db': 'team: alice\nteam: db\n',
    'secrets/narrow/root': 'narrow: 2\n',
  })
  await alice.git('fetch', '-q')
  const merged = await alice.run('git', 'merge', '-q', '-m', 'merge the feature', 'origin/feature')
  assert.is(merged.code, 1, merged.stderr)
  assert.match(merged.stderr, /eve[\s\S]*git nixsecret trust/)
  await alice.git('commit', '-q', '--no-edit')
  await story.nothingOpens('merge')
  await alice.git('merge', '-q', '-m', 'merge bob', 'origin/main').catch(() => {})
  await alice.commit('both', { 'secrets/db': 'team: alice\nteam: db\nteam: bob\nteam: both\n' })
  await story.nothingOpens('merge of secrets')
  // As ever: replay, stash, unrelated commits, old branches.
  alice.write({ 'secrets/db': 'team: unstashed\n' })
  await alice.git('stash', '-q')
  await alice.git('checkout', '-q', '-b', 'old', base)
  await alice.git('stash', 'apply', '-q').catch(() => {})
  await alice.git('checkout', '-q', '-f', 'main')
  await alice.git('checkout', '-q', '-b', 'side', 'HEAD~1')
  await alice.commit('on the side', { 'secrets/other': 'team: on the side\n' })
  await alice.git('checkout', '-q', 'main')
  await alice.git('cherry-pick', 'side')
  await alice.git('rebase', '-q', '--force-rebase', 'HEAD~1')
  await alice.git('stash', 'pop', '-q')
  await alice.git('commit', '-qam', 'unstashed')
  alice.write({ README: 'changed\n' })
  const readme = await alice.run('git', 'commit', '-qam', 'readme')
  assert.is(readme.code, 1)
  assert.match(readme.stderr, /eve[\s\S]*git nixsecret trust/)
  await alice.git('commit', '-qam', 'readme')
  await alice.git('push', '-q', 'origin', 'HEAD:main')
  assert.is(await alice.git('status', '--porcelain'), '')
  await ok(alice.nixsecret('generate', '--kind', 'hex', 'secrets/new/hex'))
  await ok(
    story.box.run('git-nixsecret', ['set', 'secrets/new/set'], { cwd: alice.dir, input: 'team: set\n' }),
  )
  const editor = story.box.write('bin/editor', '#!/bin/sh\necho "team: edited" >"$1"\n', 0o755)
  const edit = ['edit', 'secrets/new/edit']
  await ok(story.box.run('git-nixsecret', edit, { cwd: alice.dir, env: { GIT_EDITOR: editor } }))
  await alice.git('commit', '-qm', 'new ones')
  await story.nothingOpens('while pending')
  const rekey = await alice.nixsecret('rekey')
  assert.is(rekey.code, 2)
  assert.match(rekey.stderr, /eve[\s\S]*hint: git nixsecret trust/)
  const shown = await alice.nixsecret('trust', '--show')
  assert.is(shown.code, 1)
  assert.match(shown.out, /eve/)
  await story.nothingOpens('before trust')
  // Bob is asked for himself.
  await bob.git('pull', '-q')
  bob.write({ 'secrets/other': 'team: bob has not accepted\n' })
  await bob.git('add', '-A')
  await story.nothingOpens('bob')
  await ok(alice.nixsecret('trust', '--yes'))
  assert.is((await alice.nixsecret('trust', '--show')).code, 0)
  await ok(alice.nixsecret('rekey'))
  const all = ['team: ', 'wide: ', 'data key of SOPS', alice.text('secrets/new/hex')]
  const opened = await story.nothingOpens('accepted', all)
  const eve = opened.get('eve') ?? []
  for (const text of ['team: unstashed', 'team: set', 'team: edited', 'data key of SOPS'])
    assert.ok(
      eve.some((found) => found.includes(text)),
      `eve reads no ${text}`,
    )
  assert.not.ok(eve.includes('team: bob has not accepted\n'))
})

/** A policy by which eve reads everything. */
const evil = ({ policy, keys }: TrustStory) =>
  policy
    .replace('[groups]', `eve = "${keys.eve}"\n\n[groups]`)
    .replaceAll(/to = .*/g, 'to = ["alice", "bob", "eve"]')

test('ci: a clone in which nothing is accepted, until the script says so', async () => {
  const story = await TrustStory.begin()
  const { box } = story
  await story.push({ 'nixsecret.toml': evil(story) })
  const ci = new Clone(box, box.path('homes/ci'), box.path('ci'))
  Object.assign(ci.env, { NIXSECRET_IDENTITY: story.identity('bob') })
  mkdirSync(box.path('homes/ci'))
  await box.ok('git', ['clone', '-q', story.origin, ci.dir], { env: ci.env })
  story.places.push(ci.dir)
  await ok(ci.nixsecret('init', '--global'))
  await ci.git('config', 'user.email', 'ci@example.org')
  await ci.git('config', 'user.name', 'ci')
  ci.write({ 'secrets/db': 'team: by ci\n' })
  assert.is.not((await ci.tryGit('add', '-A')).code, 0)
  await story.nothingOpens('ci, before')
  assert.is((await ci.nixsecret('trust', '--show')).code, 1)
  await ok(ci.nixsecret('trust', '--yes'))
  await ci.git('add', '-A')
  await story.nothingOpens('ci, accepted', ['team: by ci\n'])
})

const DROPPED: Record<string, Record<string, string>> = {
  'at the top': { '.gitattributes': 'secrets/** filter=nixsecret -text\nsecrets/new/** !filter\n' },
  below: { 'secrets/new/.gitattributes': '* -filter\n' },
  'by a macro': {
    '.gitattributes': '[attr]plain -filter\nsecrets/** filter=nixsecret -text\nsecrets/new/** plain\n',
  },
  'behind a NUL': { '.gitattributes': 'secrets/** filter=nixsecret -text\nsecrets/new/** -filter\0 -text\n' },
}

test('a path that lost its protection by a push: a new secret there is not committed', async () => {
  const story = await TrustStory.begin()
  const { alice } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  for (const [how, files] of Object.entries(DROPPED)) {
    await story.push({ ...files, 'secrets/new/README': 'what is here\n' }, base)
    await alice.git('fetch', '-q')
    await alice.git('reset', '-q', '--hard', 'origin/main')
    alice.write({ 'secrets/new/token': 'team: a new token\n' })
    await alice.git('add', '-A')
    const committed = await alice.run('git', 'commit', '-qm', 'new token')
    assert.is.not(committed.code, 0, how)
    assert.match(committed.stderr, /git nixsecret trust/, how)
    const sealed = await alice.nixsecret('sealed', 'true')
    assert.is(sealed.code, 2, `${how}: ${sealed.stderr}`)
    await alice.git('rm', '-qf', '--cached', 'secrets/new/token')
    rmSync(join(alice.dir, 'secrets/new/token'))
  }
})

test.run()
