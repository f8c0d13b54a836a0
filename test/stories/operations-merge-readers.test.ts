import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { GitStory, MARK, secret } from '../support/git-story.ts'
import { findPlaintext, isAge, Person } from '../support/story.ts'

interface Finding {
  readonly rule: string
  readonly severity: string
  readonly path: string
}

async function check(story: GitStory, ...args: string[]): Promise<{ code: number; findings: Finding[] }> {
  const { code, out } = await story.tryGit('nixsecret', 'check', '--json', ...args)
  return { code, findings: JSON.parse(out).findings }
}

async function stale(story: GitStory): Promise<string[]> {
  const { out } = await story.tryGit('nixsecret', 'status', '--json')
  return JSON.parse(out)
    .files.filter((file: { recipients: string }) => file.recipients === 'stale')
    .map((file: { path: string }) => file.path)
}

/** A clone of somebody without a key, set up. */
async function lockedClone(story: GitStory): Promise<GitStory> {
  const guest = await Person.create('guest', { key: false })
  const dir = guest.box.path('copy')
  await guest.git(guest.box.dir, 'clone', '-q', story.dir, dir)
  const copy = new GitStory(guest, dir)
  const init = await copy.tryGit('nixsecret', 'init')
  assert.is(init.code, 0, init.stderr)
  return copy
}

test('a merge without a key says how to take a side, and that works', async () => {
  const story = await GitStory.begin()
  await story.fork({ 'secrets/db': secret({ 2: 'theirs' }) }, { 'secrets/db': secret({ 11: 'ours' }) })
  const sides = { ours: await story.id('secrets/db', 'main'), theirs: await story.id('secrets/db', 'topic') }
  const copy = await lockedClone(story)
  for (const side of ['ours', 'theirs'] as const) {
    const merge = await copy.tryGit('merge', '--no-edit', 'origin/topic')
    assert.is(merge.code, 1, merge.stderr)
    assert.match(merge.stderr, /secrets\/db is locked/)
    assert.match(merge.stderr, /git checkout --ours -- secrets\/db/)
    assert.match(merge.stderr, /git checkout --theirs -- secrets\/db/)
    assert.is(await copy.status(), 'UU secrets/db\n')
    assert.ok(isAge(readFileSync(join(copy.dir, 'secrets/db'))))
    await copy.git('checkout', `--${side}`, '--', 'secrets/db')
    await copy.git('add', 'secrets/db')
    assert.is(await copy.id('secrets/db'), sides[side])
    await copy.git('commit', '-q', '--no-edit')
    assert.is(await copy.id('secrets/db', 'HEAD'), sides[side])
    await copy.finish()
    await copy.git('reset', '-q', '--hard', 'HEAD~1')
  }
  await story.finish()
})

test('a merge with everything locked by its user is not in plaintext afterwards', async () => {
  const story = await GitStory.begin()
  await story.fork({ 'secrets/db': secret({ 2: 'theirs' }) }, { 'secrets/db': secret({ 11: 'ours' }) })
  await story.git('nixsecret', 'lock')
  await story.git('merge', '-q', '--no-edit', 'topic')
  assert.ok(isAge(readFileSync(join(story.dir, 'secrets/db'))))
  assert.is(await story.status(), '')
  await story.git('nixsecret', 'unlock')
  await story.holds(secret({ 2: 'theirs', 11: 'ours' }))
  await story.finish()
})

test('a reader added on one branch, a secret changed on the other: a warning, then rekey', async () => {
  const story = await GitStory.begin()
  const bob = await Person.create('bob')
  await story.git('checkout', '-q', '-b', 'reader')
  await story.git('nixsecret', 'recipient', 'add', 'bob', bob.recipient)
  // Bob is to read: who reads by default is the first list of the policy.
  const policy = story.text('nixsecret.toml')
  if (!/to = .*bob/.test(policy)) {
    const changed = policy.replace(/^(to = \[)(.*)\]$/m, '$1$2, "bob"]')
    assert.is.not(changed, policy, policy)
    writeFileSync(join(story.dir, 'nixsecret.toml'), changed)
  }
  assert.equal(await stale(story), ['secrets/db'])
  await story.git('nixsecret', 'rekey')
  await story.commitWithHooks('bob reads')
  assert.equal(await stale(story), [])
  await story.git('checkout', '-q', 'main')
  await story.commit('changed', { 'secrets/db': secret({ 4: 'changed' }) })
  const merge = await story.tryGit('merge', '--no-edit', 'reader')
  // What was changed on the other side was never for who is new.
  assert.is(merge.code, 1, merge.stderr)
  assert.match(merge.stderr, /secrets\/db: one side was sealed for other readers/)
  assert.match(merge.stderr, /secrets\/db has ciphertext that bob could not read[\s\S]*git nixsecret trust/)
  await story.git('commit', '-q', '--no-verify', '--no-edit')
  assert.is(story.text('secrets/db'), secret({ 4: 'changed' }))
  await story.sealed('secrets/db', 'HEAD')
  // The merge's own tree has the new policy and a blob for the readers of before.
  assert.equal(await stale(story), ['secrets/db'])
  const verdict = await check(story)
  assert.is(verdict.code, 1)
  assert.equal(
    verdict.findings.map((finding) => [finding.rule, finding.severity, finding.path]),
    [
      ['new-recipient', 'error', 'secrets/db'],
      ['stale-recipients', 'error', 'secrets/db'],
    ],
  )
  const remote = story.person.box.path('remote.git')
  await story.git('init', '-q', '--bare', remote)
  story.searchToo(remote)
  const refused = await story.tryGit('push', remote, 'main')
  assert.is.not(refused.code, 0)
  assert.match(refused.stderr, 'secrets/db')
  const early = await story.tryGit('nixsecret', 'rekey', 'secrets/db')
  assert.is(early.code, 2)
  assert.match(early.stderr, 'hint: git nixsecret trust')
  await acceptAll(story.person.box, story.dir)
  await story.git('nixsecret', 'rekey', 'secrets/db')
  await story.commitWithHooks('rekeyed')
  assert.equal(await stale(story), [])
  // The merge commit itself is only a note: no later commit can mend it.
  await story.git('push', '-q', remote, 'main')
  assert.is((await check(story)).code, 0)
  const dir = bob.box.path('copy')
  await bob.git(bob.box.dir, 'clone', '-q', remote, dir)
  const copy = new GitStory(bob, dir)
  await copy.git('nixsecret', 'init')
  await copy.holds(secret({ 4: 'changed' }))
  await copy.finish()
  await story.finish()
})

test('changing the policy makes exactly the affected files stale', async () => {
  const story = await GitStory.begin()
  const bob = await Person.create('bob')
  await story.commit('more', { 'secrets/web/a': secret({ 1: 'a' }), 'secrets/web/b': secret({ 1: 'b' }) })
  await story.git('nixsecret', 'recipient', 'add', 'bob', bob.recipient)
  const policy = story.text('nixsecret.toml')
  const own = /^to = (\[.*\])$/m.exec(policy)?.[1] as string
  const without = policy.replace(/, *"bob"/, '')
  const rule = (to: string) => `\n[[rule]]\npaths = ["/secrets/web/**"]\nto = ${to}\n`
  const alone = own.replace(/, *"bob"/, '')
  const shared = `${alone.slice(0, -1)}, "bob"]`
  writeFileSync(join(story.dir, 'nixsecret.toml'), without + rule(shared))
  const { findings, code } = await check(story, '--staged')
  assert.equal([code, findings], [0, []], 'the index still has the old policy')
  assert.equal(await stale(story), ['secrets/web/a', 'secrets/web/b'])
  // What is only touched stays as it is; what is changed is sealed for the new readers.
  const ids = await story.git('ls-files', '-s', 'secrets/db')
  story.write('secrets/web/a', secret({ 1: 'a, changed' }))
  await story.git('add', 'secrets/web/a', 'secrets/db', 'nixsecret.toml')
  assert.is(await story.git('ls-files', '-s', 'secrets/db'), ids)
  assert.equal(await stale(story), ['secrets/web/b'])
  const staged = await check(story, '--staged')
  assert.equal(
    staged.findings.map((finding) => [finding.rule, finding.severity, finding.path]),
    [['stale-recipients', 'note', 'secrets/web/b']],
  )
  // Half of it may be committed, but is nothing to push.
  await story.git('commit', '-q', '-m', 'half of it')
  const half = await check(story)
  assert.is(half.code, 1)
  assert.equal(
    half.findings.map((finding) => [finding.rule, finding.severity, finding.path]),
    [['stale-recipients', 'error', 'secrets/web/b']],
  )
  await story.git('nixsecret', 'rekey')
  await story.git('commit', '-q', '-a', '-m', 'bob reads the web')
  assert.equal(await stale(story), [])
  assert.is(await story.git('ls-files', '-s', 'secrets/db'), ids)
  assert.is((await check(story)).code, 0)
  // The policy as it was before: stale again, and only those.
  await story.git('checkout', 'HEAD~2', '--', 'nixsecret.toml')
  assert.equal(await stale(story), ['secrets/web/a', 'secrets/web/b'])
  await story.git('checkout', 'HEAD', '--', 'nixsecret.toml')
  assert.equal(await findPlaintext(story.person, story.dir, [MARK]), [])
  await story.finish()
})

test.run()
