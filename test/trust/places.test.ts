import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Clone, ok, TrustStory } from './trust-story.ts'

/** A policy by which eve reads everything. */
const evil = ({ policy, keys }: TrustStory) =>
  policy
    .replace('[groups]', `eve = "${keys.eve}"\n\n[groups]`)
    .replaceAll(/to = .*/g, 'to = ["alice", "bob", "eve"]')

test('a policy behind a symlink is none, wherever it leads', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory } = story
  const outside = story.box.write('outside.toml', evil(story))
  for (const target of ['docs/policy.toml', outside]) {
    await mallory.git('fetch', '-q')
    await mallory.git('reset', '-q', '--hard', 'origin/main')
    mallory.link('nixsecret.toml', target)
    await mallory.commit('tidy up', { 'docs/policy.toml': evil(story), README: target })
    await mallory.git('push', '-q')
    await alice.git('pull', '-q')
    assert.is(await alice.git('status', '--porcelain'), '')
    alice.write({ 'secrets/db': 'team: db, changed\n' })
    const added = await alice.tryGit('add', '-A')
    assert.is.not(added.code, 0)
    for (const args of [['set', 'secrets/db'], ['generate', '--kind', 'hex', 'secrets/new/hex'], ['rekey']]) {
      const done = await alice.nixsecret(...args)
      assert.is(done.code, 2, args.join(' '))
    }
    await story.nothingOpens(target)
    await alice.git('checkout', '-q', '--', '.')
    await alice.commit('unrelated', { [`notes-${target.length}`]: 'x\n' })
    await alice.git('push', '-q')
  }
})

test('where what was accepted is lost, nothing is accepted; linked worktrees share it', async () => {
  const story = await TrustStory.begin()
  const { alice, box } = story
  await story.push({ 'nixsecret.toml': evil(story) })
  await alice.git('pull', '-q')
  // Another work tree of the same repository, on another branch.
  const linked = new Clone(box, box.home, box.path('linked'))
  await alice.git('worktree', 'add', '-q', linked.dir, '-b', 'side')
  assert.is(linked.text('secrets/db'), 'team: db\n')
  linked.write({ 'secrets/db': 'team: in a worktree\n', 'secrets/narrow/root': 'narrow: in a worktree\n' })
  await linked.git('commit', '-qam', 'in a worktree')
  assert.ok((await story.nothingOpens('worktree')).get('alice')?.includes('narrow: in a worktree\n'))
  // The state is gone: only what is unchanged can still be handled.
  const kept = box.path('kept')
  renameSync(story.stateDir, kept)
  assert.is(await alice.git('status', '--porcelain'), '')
  alice.write({ 'secrets/db': 'team: without state\n' })
  const added = await alice.tryGit('add', '-A')
  assert.is.not(added.code, 0)
  assert.match(added.stderr, /git nixsecret trust/, added.stderr)
  for (const args of [['generate', '--kind', 'hex', 'secrets/new/hex'], ['rekey']]) {
    const done = await alice.nixsecret(...args)
    assert.is(done.code, 2, args.join(' '))
    assert.match(done.stderr, /hint: git nixsecret trust/)
  }
  await story.nothingOpens('state lost')
  renameSync(kept, story.stateDir)
  await alice.git('add', '-A')
  await alice.git('commit', '-qm', 'with state again')
})

/** Files below `secrets/` of the ciphertext twin, if there is one. */
function twinFiles(dir: string): string[] {
  const twin = join(dir, '.git/nixsecret/twin/tree/secrets')
  if (!existsSync(twin)) return []
  const entries = readdirSync(twin, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('pushed hosts, plaintext for the store and formats do nothing before they are accepted', async () => {
  const story = await TrustStory.begin()
  const { alice, box, policy } = story
  const called = box.path('ssh-was-called')
  box.write(join(box.bin, 'ssh'), `#!/bin/sh\ntouch ${called}\nexit 1\n`, 0o755)
  const host = '\n[host.web1]\naddress = "root@evil.example.org"\n\n[[host.web1.key]]\npath = "/secrets/db"\n'
  const plaintext = '[[rule]]\npaths = ["/secrets/db", "/secrets/new/**"]\nstore = "plaintext"\n\n'
  const sops = '[[rule]]\npaths = ["/secrets/db", "/secrets/new/**"]\nformat = "sops"\n\n'
  const allow = '\n[[check.allow]]\nrule = "plaintext-blob"\npaths = ["*"]\nreason = "trust me"\n'
  await story.push({
    'nixsecret.toml': policy.replace('[[rule]]', `${plaintext}${sops}[[rule]]`) + host + allow,
  })
  await alice.git('pull', '-q')
  assert.is(await alice.git('status', '--porcelain'), '')
  const delivered = await alice.nixsecret('deliver', 'web1')
  assert.is.not(delivered.code, 0)
  assert.match(delivered.stderr, /hint: git nixsecret trust/)
  assert.is(existsSync(called), false)
  const sealed = await alice.nixsecret('sealed', 'true')
  assert.is(sealed.code, 2, sealed.stderr)
  assert.match(sealed.stderr, /hint: git nixsecret trust/)
  for (const path of twinFiles(alice.dir))
    assert.not.match(readFileSync(path, 'latin1'), /team|narrow|wide:/, path)
  alice.write({ 'secrets/db': 'password: team\n', 'secrets/new/x': 'team: x\n' })
  await alice.git('add', '-A')
  for (const path of ['secrets/db', 'secrets/new/x'])
    assert.match((await alice.blob(`:${path}`)).toString('latin1'), /^age-encryption/, path)
  await story.nothingOpens('hosts and formats')
  // Accepted, it holds for what is there, and not for what somebody copies there.
  await alice.git('reset', '-q', '--hard', 'origin/main')
  await ok(alice.nixsecret('trust', '--yes'))
  await story.push({ 'secrets/new/motd': readFileSync(join(story.mallory.dir, 'secrets/other')) })
  await alice.git('fetch', '-q')
  await alice.git('reset', '-q', '--hard', 'origin/main')
  const copied = await alice.nixsecret('sealed', 'true')
  assert.is(copied.code, 2, copied.out)
  assert.match(copied.stderr, /the ciphertext of secrets\/other.*Nix store[\s\S]*hint: git nixsecret trust/)
  alice.write({ 'secrets/new/motd': 'team: other, changed\n' })
  assert.match((await alice.tryGit('add', '-A')).stderr, /the ciphertext of secrets\/other/)
})

test.run()
