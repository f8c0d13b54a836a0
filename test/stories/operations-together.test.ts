import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { GitStory, MARK, secret } from '../support/git-story.ts'
import { findPlaintext, isAge, Person } from '../support/story.ts'

const OLD = secret()

/** Alice's repository with a bare remote, and Bob with a clone of it, who is no reader yet. */
async function meet() {
  const alice = await GitStory.begin()
  const remote = alice.person.box.path('remote.git')
  await alice.git('init', '-q', '--bare', remote)
  await alice.git('remote', 'add', 'origin', remote)
  await alice.git('push', '-q', '-u', 'origin', 'main')
  const person = await Person.create('bob')
  const dir = person.box.path('repo')
  await person.git(person.box.dir, 'clone', '-q', remote, dir)
  const bob = new GitStory(person, dir)
  const init = await bob.tryGit('nixsecret', 'init')
  assert.is(init.code, 0, init.stderr)
  const finish = async () => {
    assert.equal(await findPlaintext(alice.person, remote, [MARK]), [])
    await alice.finish()
    await bob.finish()
  }
  const letBobIn = async () => {
    await alice.git('nixsecret', 'recipient', 'add', 'bob', person.recipient)
    const policy = alice.text('nixsecret.toml')
    if (!/to = .*bob/.test(policy))
      alice.write('nixsecret.toml', policy.replace(/^(to = \[)(.*)\]$/m, '$1$2, "bob"]'))
    await alice.git('nixsecret', 'rekey')
    await alice.commitWithHooks('bob may read')
    await alice.git('push', '-q')
    await bob.git('pull', '-q')
    // That he is one of the readers now is a change like any other.
    await acceptAll(person.box, dir)
  }
  return { alice, bob, remote, letBobIn, finish }
}

test('a new reader pulls, and reads', async () => {
  const { alice, bob, letBobIn, finish } = await meet()
  assert.ok(isAge(readFileSync(join(bob.dir, 'secrets/db'))))
  await letBobIn()
  await bob.holds(OLD)
  await bob.commit('by bob', { 'secrets/db': secret({ 7: 'by bob' }), 'secrets/bob': secret({ 1: 'new' }) })
  await bob.git('push', '-q')
  await alice.git('pull', '-q', '--ff-only')
  await alice.holds(secret({ 7: 'by bob' }))
  await alice.holds(secret({ 1: 'new' }), 'secrets/bob')
  // Neither changes what the other sealed by looking at it.
  const ids = await bob.git('ls-files', '-s')
  for (const story of [alice, bob]) {
    story.touchAll()
    await story.git('add', '-A')
    assert.is(await story.git('ls-files', '-s'), ids)
  }
  await finish()
})

test('both change one secret: pulls that merge and that rebase, cleanly and in conflict', async () => {
  const { alice, bob, letBobIn, finish } = await meet()
  await letBobIn()
  await alice.commit('alice', { 'secrets/db': secret({ 2: 'alice' }) })
  await alice.git('push', '-q')
  await bob.commit('bob', { 'secrets/db': secret({ 11: 'bob' }) })
  assert.is.not((await bob.tryGit('push')).code, 0)
  await bob.git('pull', '-q', '--no-rebase', '--no-edit')
  const both = secret({ 2: 'alice', 11: 'bob' })
  await bob.holds(both)
  await bob.git('push', '-q')
  await alice.commit('alice again', { 'secrets/new': secret({ 1: 'alice' }) })
  await alice.git('pull', '-q', '--rebase')
  await alice.holds(both)
  await alice.commit('the same line', { 'secrets/db': secret({ 2: 'alice', 11: 'alice' }) })
  await alice.git('push', '-q')
  await bob.commit('the same line', { 'secrets/db': secret({ 2: 'alice', 11: 'bob, again' }) })
  const pull = await bob.tryGit('pull', '--rebase')
  assert.is(pull.code, 1)
  await bob.conflicts()
  await bob.resolve(secret({ 2: 'alice', 11: 'both' }))
  await bob.git('rebase', '--continue')
  await bob.git('push', '-q')
  await alice.git('pull', '-q', '--ff-only')
  await alice.holds(secret({ 2: 'alice', 11: 'both' }))
  await finish()
})

test('both make the same change, each with a key of their own: no conflict', async () => {
  const { alice, bob, letBobIn, finish } = await meet()
  await letBobIn()
  const change = { 'secrets/db': secret({ 2: 'the same' }), 'secrets/added': secret({ 1: 'the same' }) }
  await alice.commit('alice', change)
  await alice.git('push', '-q')
  await bob.commit('bob', change)
  assert.is.not(await bob.id('secrets/db'), await alice.id('secrets/db'))
  await bob.git('pull', '-q', '--no-rebase', '--no-edit')
  await bob.holds(change['secrets/db'])
  await bob.holds(change['secrets/added'], 'secrets/added')
  await bob.git('push', '-q')
  await finish()
})

test('who is no reader writes a secret for those who are, and then cannot read it', async () => {
  const { alice, bob, finish } = await meet()
  const fresh = secret({ 1: 'for alice' })
  bob.write('secrets/for-alice', fresh)
  await bob.git('add', 'secrets/for-alice')
  await bob.git('commit', '-q', '-m', 'for alice')
  await bob.git('push', '-q')
  assert.is(await bob.status(), '')
  // What is remembered keeps it the same blob, even touched.
  bob.touchAll()
  assert.is(await bob.status(), '')
  await bob.git('checkout', '-q', 'HEAD~1')
  await bob.git('checkout', '-q', 'main')
  assert.ok(isAge(readFileSync(join(bob.dir, 'secrets/for-alice'))))
  await alice.git('pull', '-q')
  await alice.holds(fresh, 'secrets/for-alice')
  await finish()
})

test('a reader who is taken out keeps what was, and reads nothing new', async () => {
  const { alice, bob, letBobIn, finish } = await meet()
  await letBobIn()
  await bob.holds(OLD)
  await alice.git('nixsecret', 'recipient', 'remove', 'bob')
  await alice.git('nixsecret', 'rekey')
  await alice.commitWithHooks('without bob', { 'secrets/db': secret({ 1: 'rotated' }) })
  await alice.git('push', '-q')
  const pull = await bob.tryGit('pull', '-q')
  assert.is(pull.code, 0, pull.stderr)
  assert.match(pull.stderr, /no key here opens secrets\/db/)
  assert.ok(isAge(readFileSync(join(bob.dir, 'secrets/db'))))
  await bob.git('checkout', '-q', 'HEAD~1')
  await bob.holds(OLD)
  await bob.git('checkout', '-q', 'main')
  await finish()
})

test.run()
