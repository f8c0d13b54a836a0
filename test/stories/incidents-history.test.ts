import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, isAge } from '../support/story.ts'
import { Incident, LEAK, SECRET } from './incident-story.ts'

const NEW = { rule: 'plaintext-blob', path: 'secrets/new' }
const OFF = ['process', 'clean', 'smudge'].flatMap((part) => ['-c', `filter.nixsecret.${part}=`])
const PLAIN = [...OFF, '-c', 'filter.nixsecret.required=false']

/** Commits the file as plaintext, past filter and hooks. */
async function leak(story: Incident, path = 'secrets/new', text = SECRET): Promise<string> {
  story.write(path, text)
  await story.git(...PLAIN, 'add', '--', 'secrets/new')
  await story.git(...PLAIN, 'commit', '-q', '--no-verify', '-m', 'leak')
  return (await story.git('rev-parse', 'HEAD')).trim()
}

test('a bad commit that the next one mends: the tip is fine, and every gate refuses the range', async () => {
  const story = await Incident.begin()
  await leak(story)
  await story.git('add', '--renormalize', 'secrets/new')
  await story.git('commit', '-q', '-m', 'mend')
  assert.ok(isAge((await story.tryGit('cat-file', 'blob', 'HEAD:secrets/new')).stdout))
  assert.is((await story.tryGit('nixsecret', 'check')).code, 0)
  await story.refused(story.dir, NEW)
  await story.seenInCi(story.dir, NEW)
  const push = await story.stopped(['push', 'origin', 'main'], NEW)
  await story.paste(push.stderr)
  await story.passes()
})

test('a squash merge: what it brings counts, and the branch that it hides is not sent', async () => {
  const story = await Incident.begin()
  await story.git('checkout', '-q', '-b', 'topic')
  await leak(story)
  await story.git('add', '--renormalize', 'secrets/new')
  await story.git('commit', '-q', '-m', 'mend')
  await story.stopped(['push', 'origin', 'topic'], NEW)
  await story.git('checkout', '-q', 'main')
  await story.git('merge', '-q', '--squash', 'topic')
  await story.git('commit', '-q', '-m', 'squashed')
  // The squash commit itself holds ciphertext: it may go.
  await story.passes()
})

test('a squash merge by a host that has no filter, of a branch that nobody looked at', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  const git = (...args: string[]) => story.alice.git(fresh, ...args)
  await git('checkout', '-q', '-b', 'topic')
  for (const name of ['one', 'new', 'two']) {
    story.write(name === 'new' ? 'secrets/new' : name, name === 'new' ? SECRET : 'x\n', fresh)
    await git('add', '-A')
    await git('commit', '-q', '-m', name)
  }
  await git('checkout', '-q', 'main')
  await git('merge', '-q', '--squash', 'topic')
  await git('commit', '-q', '-m', 'squashed')
  await story.refused(fresh, NEW)
  await story.refused(fresh, NEW, 'topic')
  await story.seenInCi(fresh, NEW)
})

test('a merge commit that hides plaintext between clean parents', async () => {
  const story = await Incident.begin()
  await story.git('checkout', '-q', '-b', 'topic')
  story.write('one', 'x\n')
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'one')
  await story.git('checkout', '-q', 'main')
  await story.git('merge', '-q', '--no-ff', '--no-commit', 'topic')
  story.write('secrets/new', SECRET)
  await story.git(...PLAIN, 'add', '--', 'secrets/new')
  await story.stopped(['commit', '-q', '-m', 'merge'], NEW)
  await story.git(...PLAIN, 'commit', '-q', '--no-verify', '-m', 'merge')
  await story.git('rm', '-q', '--cached', 'secrets/new')
  await story.git('commit', '-q', '-m', 'gone again')
  await story.refused(story.dir, NEW)
  await story.seenInCi(story.dir, NEW)
})

test('a force push over what the server has: the new history is judged whole', async () => {
  const story = await Incident.begin()
  story.write('README', 'more\n')
  await story.git('commit', '-q', '-a', '-m', 'work')
  await story.git('push', '-q', 'origin', 'main')
  await story.git('reset', '-q', '--hard', story.base)
  await leak(story)
  await story.git('rm', '-q', '--cached', 'secrets/new')
  await story.git('commit', '-q', '-m', 'gone again')
  await story.stopped(['push', '--force', 'origin', 'main'], NEW)
  await story.refused(story.dir, NEW, '+HEAD:refs/heads/main')
  await story.seenInCi(story.dir, NEW)
})

test('git mv out of the pattern', async () => {
  const story = await Incident.begin()
  const moved = { rule: 'protection-dropped', path: 'db' }
  await story.git('mv', 'secrets/db', 'db')
  // As an editor does that writes the file anew.
  story.write('db', SECRET)
  await story.git('add', 'db')
  await story.stopped(['commit', '-q', '-m', 'move'], moved)
  await story.git('commit', '-q', '--no-verify', '-m', 'move')
  const push = await story.stopped(['push', 'origin', 'main'], moved)
  await story.refused(story.dir, moved)
  await story.seenInCi(story.dir, moved)
  await story.paste(push.stderr)
  await story.passes()
  assert.ok(isAge((await story.tryGit('cat-file', 'blob', 'HEAD:secrets/db')).stdout))
})

test('attributes that come late: the old plaintext is found, and is known to be out already', async () => {
  const story = await Incident.begin()
  const late = { rule: 'plaintext-blob', path: 'hosts/web.key' }
  // Before anybody thought of it: nothing names the path, so every gate lets it pass.
  story.write('hosts/web.key', 'an old and simple one\n')
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'a key')
  for (const name of ['origin', 'forge']) await story.git('push', '-q', name, 'main')
  const before = (await story.git('rev-parse', 'HEAD')).trim()
  await story.git('config', 'core.autocrlf', 'false')
  const attributes = await story.git('show', 'HEAD:.gitattributes')
  story.write('.gitattributes', `${attributes}*.key filter=nixsecret diff=nixsecret merge=nixsecret -text\n`)
  await story.git('add', '.gitattributes')
  const commit = await story.stopped(['commit', '-q', '-m', 'protect keys'], late)
  await story.git('commit', '-q', '--no-verify', '-m', 'protect keys')
  await story.refused(story.dir, late)
  const ci = await story.seenInCi(story.dir, late, before)
  assert.match(ci, '# already pushed: change the secret itself first')
  await story.git('reset', '-q', '--soft', 'HEAD^')
  await story.paste(commit.stderr)
  await story.git('commit', '-q', '-m', 'protect keys')
  await story.git('push', '-q', story.guarded, 'HEAD:refs/heads/main')
  assert.ok(isAge((await story.tryGit('cat-file', 'blob', 'HEAD:hosts/web.key')).stdout))
})

test('a rebase and a cherry-pick of a bad commit are new bad commits', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  const git = (...args: string[]) => story.alice.git(fresh, ...args)
  story.write('secrets/new', SECRET, fresh)
  await git('add', '-A')
  await git('commit', '-q', '-m', 'leak')
  const bad = (await git('rev-parse', 'HEAD')).trim()
  await story.git('fetch', '-q', fresh, 'main')
  await story.git('cherry-pick', bad)
  // Our filter never saw it: git took the blob as it is.
  await story.stopped(['push', 'origin', 'main'], NEW)
  await story.refused(story.dir, NEW)
  assert.equal(await findPlaintext(story.alice, story.guarded, [LEAK]), [])
})

test.run()
