import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seenPolicies } from '../../src/blob/trust/seen/seen-policies.ts'
import { loadTrust } from '../../src/blob/trust/trust-state.ts'
import { RawClone } from './raw-clone.ts'

const POLICY = 'nixsecret.toml'
const rule = (...names: string[]) => `[[rule]]\npaths = ["secrets/**"]\nto = ${JSON.stringify(names)}\n`
const WITH = rule('alice', 'bob', 'wanda')
const WITHOUT = rule('alice', 'bob')
const NEW = 'secrets/new'

/** Wanda may read everything, and that is accepted. */
async function begin(): Promise<RawClone> {
  const clone = await RawClone.begin(WITH)
  await clone.commit({ 'secrets/a': await clone.sealed('x', ['alice', 'bob', 'wanda']) })
  await clone.git('branch', '-M', 'main')
  await clone.accept()
  return clone
}

/** Wanda is removed, and comes back byte for byte. */
async function removeAndReturn(clone: RawClone): Promise<void> {
  await clone.commit({ [POLICY]: clone.policy(WITHOUT) })
  await clone.commit({ [POLICY]: clone.policy(WITH) })
}

/** That wanda is to be accepted again, whether or not a hook has run, and is no more once that is done. */
async function isNewcomer(clone: RawClone, what: string): Promise<void> {
  for (const when of ['by itself', 'once observed']) {
    assert.equal((await clone.restricted(NEW)).names, ['alice', 'bob'], `${what}: ${when}`)
    assert.equal(await clone.short(), ['reader'], `${what}: ${when}`)
    await clone.observe()
  }
  await clone.accept()
  await clone.commit({ README: `${what}\n` })
  await knows(clone, ['alice', 'bob', 'wanda'], what)
}

/** That nobody is to be accepted. */
async function knows(clone: RawClone, names: readonly string[], what: string): Promise<void> {
  for (const when of ['by itself', 'once observed']) {
    assert.equal((await clone.restricted(NEW)).names, names, `${what}: ${when}`)
    assert.equal(await clone.short(), [], `${what}: ${when}`)
    await clone.observe()
  }
}

async function at(clone: RawClone): Promise<string | null | undefined> {
  return loadTrust(await clone.repo()).state?.at
}

test('who was removed on one side of a merge and came back is new, whichever parent that side is', async () => {
  const clone = await begin()
  await clone.git('checkout', '-q', '-b', 'up')
  await removeAndReturn(clone)
  await clone.git('checkout', '-q', 'main')
  await clone.commit({ README: 'local\n' })
  const [local, tree] = [await clone.git('rev-parse', 'HEAD'), 'HEAD^{tree}']
  // While it is being merged, as pre-merge-commit finds it.
  await clone.git('merge', '-q', '--no-commit', 'up')
  assert.equal((await clone.restricted(NEW)).names, ['alice', 'bob'])
  await clone.git('merge', '--abort')
  for (const parents of [
    ['-p', 'main', '-p', 'up'],
    ['-p', 'up', '-p', 'main'],
  ]) {
    const merge = await clone.git('commit-tree', '-m', 'merge', ...parents, tree)
    await clone.git('checkout', '-q', '--detach', merge)
    await isNewcomer(clone, parents.join(' '))
    await clone.git('checkout', '-q', '--detach', local)
    await clone.accept()
  }
})

test('where no hook sees the commits one by one, as after a rebase or a reset', async () => {
  const clone = await begin()
  const base = await clone.git('rev-parse', 'HEAD')
  await clone.git('checkout', '-q', '-b', 'up')
  await removeAndReturn(clone)
  await clone.git('checkout', '-q', 'main')
  await clone.commit({ README: 'local\n' })
  await clone.observe()
  await clone.git('rebase', '-q', 'up')
  await isNewcomer(clone, 'rebase')
  await clone.git('reset', '-q', '--hard', base)
  await clone.accept()
  await clone.git('reset', '-q', '--hard', 'up')
  await isNewcomer(clone, 'reset')
})

test('while another branch is what was accepted last', async () => {
  const clone = await begin()
  await clone.git('checkout', '-q', '-b', 'feature')
  await clone.commit({ README: 'feature\n' })
  await clone.observe()
  const feature = await at(clone)
  await clone.git('checkout', '-q', 'main')
  await clone.commit({ [POLICY]: clone.policy(WITHOUT) })
  await clone.observe()
  assert.is(await at(clone), feature)
  await clone.git('checkout', '-q', 'feature')
  await knows(clone, ['alice', 'bob', 'wanda'], 'the branch where nobody removed her')
  await clone.git('checkout', '-q', 'main')
  await clone.commit({ [POLICY]: clone.policy(WITH) })
  await isNewcomer(clone, 'another branch')
})

test('however many commits come on top, and past the most nothing is accepted', async () => {
  const clone = await begin()
  const file = (text: string) => `M 100644 inline ${POLICY}\ndata ${Buffer.byteLength(text)}\n${text}\n`
  const commit = (text: string, from = '') =>
    `commit refs/heads/main\ncommitter A <a@example.org> 1800000000 +0000\ndata 1\nx\n${from}${file(text)}`
  const flood = [
    commit(clone.policy(WITHOUT), 'from refs/heads/main^0\n'),
    ...Array.from({ length: 300 }, (_, i) => commit(`${clone.policy(WITH)}# ${i}\n`)),
    commit(clone.policy(WITH)),
  ]
  clone.box.write('flood', flood.join(''))
  await clone.box.ok('sh', ['-c', 'git fast-import --quiet <../flood && git reset -q --hard'], {
    cwd: clone.dir,
  })
  const seen = {
    tip: await clone.git('rev-parse', 'HEAD'),
    at: (await at(clone)) ?? null,
    own: true,
    policy: null,
  }
  const past = await seenPolicies([clone.policy(WITH)], seen, { cwd: clone.dir }, 301)
  assert.equal(past.policies, [])
  await isNewcomer(clone, 'flood')
})

test('behind a policy that does not parse, or none', async () => {
  for (const between of ['version = oops\n', null]) {
    const clone = await begin()
    await clone.commit({ [POLICY]: between })
    await clone.observe().catch(() => {})
    await removeAndReturn(clone)
    await isNewcomer(clone, between ?? 'none')
  }
})

test('what a branch never had it has not taken away', async () => {
  const clone = await begin()
  // Bob's branch is from before wanda was added, and takes something away: his own reading of one file.
  await clone.commit({ [POLICY]: clone.policy(WITHOUT) })
  await clone.accept()
  await clone.git('checkout', '-q', '-b', 'up')
  const narrow = `[[rule]]\npaths = ["secrets/root"]\nto = ["alice"]\n\n`
  await clone.commit({ [POLICY]: clone.policy(narrow + WITHOUT) })
  await clone.git('checkout', '-q', 'main')
  // She is added here, accepted before that is committed.
  clone.write({ [POLICY]: clone.policy(WITH) })
  await clone.accept()
  await clone.commit()
  await knows(clone, ['alice', 'bob', 'wanda'], 'before')
  const start = await clone.git('rev-parse', 'HEAD')
  clone.write({ [POLICY]: clone.policy(narrow + WITH) })
  await clone.git('add', '-A')
  const tree = await clone.git('write-tree')
  for (const parents of [
    ['-p', start, '-p', 'up'],
    ['-p', 'up', '-p', start],
  ]) {
    await clone.git('checkout', '-q', '-f', '--detach', start)
    await clone.git('reset', '-q', '--hard', await clone.git('commit-tree', '-m', 'merge', ...parents, tree))
    await knows(clone, ['alice', 'bob', 'wanda'], parents.join(' '))
    assert.equal((await clone.restricted('secrets/root')).names, ['alice'])
  }
})

test('once what was accepted is nowhere any more, who was accepted again stays', async () => {
  const clone = await begin()
  await removeAndReturn(clone)
  await clone.accept()
  await clone.commit({ README: 'a\n' })
  await clone.observe()
  const former = await at(clone)
  await clone.git('commit', '-q', '--amend', '-m', 'another')
  await clone.git('reflog', 'expire', '--expire=now', '--all')
  await clone.git('gc', '-q', '--prune=now')
  await knows(clone, ['alice', 'bob', 'wanda'], 'collected')
  assert.is.not(await at(clone), former)
  assert.is(await at(clone), await clone.git('rev-parse', 'HEAD'))
  // What comes then is seen as ever.
  await removeAndReturn(clone)
  await isNewcomer(clone, 'later')
})

test.run()
