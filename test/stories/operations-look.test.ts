import { mkdirSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GitStory, MARK, secret } from '../support/git-story.ts'
import { blobOf, findPlaintext, isAge, Person } from '../support/story.ts'

const OLD = secret()
const NEW = secret({ 3: 'new three' })

test('diff, log -p and show: plaintext for who has a key', async () => {
  const story = await GitStory.begin()
  await story.commit('second', { 'secrets/db': NEW })
  const wanted = new RegExp(`^-${MARK} line 3\n\\+${MARK} new three$`, 'm')
  for (const command of [
    ['show'],
    ['log', '-p', '-1'],
    ['diff', 'HEAD~1'],
    ['diff', 'HEAD~1', 'HEAD', '--', 'secrets'],
    ['log', '-p', '-G', 'new three', '-1'],
  ])
    assert.match(await story.git(...command), wanted, command.join(' '))
  assert.match(await story.git('diff', '--word-diff', 'HEAD~1'), '[-line 3-]{+new three+}')
  assert.match(await story.git('log', '--format=%s', '-S', 'new three'), /^second\n$/)
  assert.match(await story.git('blame', 'HEAD', '--', 'secrets/db'), /new three/)
  story.write('secrets/db', OLD)
  assert.match(await story.git('diff'), new RegExp(`^-${MARK} new three\n\\+${MARK} line 3$`, 'm'))
  await story.git('add', 'secrets/db')
  assert.match(await story.git('diff', '--cached'), `+${MARK} line 3`)
  assert.is(await story.git('diff'), '')
  await story.git('reset', '-q', '--hard')
  await story.finish()
})

test('diff, log -p and show: "locked" for who has none', async () => {
  const story = await GitStory.begin()
  await story.commit('second', { 'secrets/db': NEW })
  const guest = await Person.create('guest', { key: false })
  const dir = guest.box.path('copy')
  await guest.git(guest.box.dir, 'clone', '-q', story.dir, dir)
  const copy = new GitStory(guest, dir)
  await copy.git('nixsecret', 'init')
  for (const command of [['show'], ['log', '-p', '-1'], ['diff', 'HEAD~1']]) {
    const text = await copy.git(...command)
    assert.match(text, /^-locked: age ciphertext, \d+ bytes.*\n\+locked: age ciphertext/m, command.join(' '))
    assert.not.match(text, /age-encryption/)
  }
  await copy.finish()
  await story.finish()
})

test('textconv leaves nothing behind', async () => {
  const story = await GitStory.begin()
  await story.commit('second', { 'secrets/db': NEW })
  await story.git('log', '-p')
  assert.is(await story.git('for-each-ref', 'refs/notes'), '')
  assert.equal(await findPlaintext(story.person, story.dir, [MARK]), [])
  await story.finish()
})

test('commit -v: no plaintext diff is left in COMMIT_EDITMSG', async () => {
  const story = await GitStory.begin()
  const saw = story.person.box.path('saw')
  story.env.GIT_EDITOR = story.script('editor', `cp "$1" ${saw}; sed -i '1s/^/from the editor/' "$1"`)
  story.write('secrets/db', NEW)
  await story.git('commit', '-q', '-a', '-v')
  assert.match(readFileSync(saw, 'utf8'), `+${MARK} new three`)
  assert.is(await story.git('log', '-1', '--format=%B'), 'from the editor\n\n')
  assert.equal(await findPlaintext(story.person, story.dir, [MARK]), [])
  await story.git('config', 'commit.verbose', 'true')
  await story.git('config', 'core.commentChar', ';')
  await story.git('commit', '-q', '--amend')
  assert.equal(await findPlaintext(story.person, story.dir, [MARK]), [])
  // In a linked worktree the message lies elsewhere.
  const tree = story.at(story.person.box.path('linked'))
  await story.git('worktree', 'add', '-q', '-b', 'linked', tree.dir)
  Object.assign(tree.env, story.env)
  tree.write('secrets/db', OLD)
  await tree.git('commit', '-q', '-a', '-v', '-v')
  assert.equal(await findPlaintext(tree.person, tree.dir, [MARK]), [])
  // A merge and an interactive rebase open the same editor.
  await story.commit('on main', { 'secrets/other': secret({ 1: 'other' }) })
  await story.git('merge', '-q', '-e', 'linked')
  await story.finish()
})

test('git mv inside what is protected keeps the blob', async () => {
  const story = await GitStory.begin()
  const id = await story.id('secrets/db')
  mkdirSync(join(story.dir, 'secrets/deep'))
  await story.git('mv', 'secrets/db', 'secrets/deep/db')
  assert.is(await story.id('secrets/deep/db'), id)
  story.touchAll()
  assert.is(await story.status(), 'R  secrets/db -> secrets/deep/db\n')
  await story.git('add', '-A')
  assert.is(await story.id('secrets/deep/db'), id)
  await story.commit('moved')
  await story.holds(OLD, 'secrets/deep/db')
  await story.git('mv', 'secrets/deep', 'secrets/deeper')
  await story.commit('directory moved')
  assert.match(await story.git('log', '--follow', '--format=%s', '--', 'secrets/deeper/db'), /base\n$/)
  await story.finish()
})

test('git mv out of what is protected: git keeps ciphertext until it is added again', async () => {
  const story = await GitStory.begin()
  await story.git('mv', 'secrets/db', 'public')
  assert.ok(isAge(await blobOf(story.person, story.dir, ':public')))
  await story.git('mv', 'public', 'secrets/db')
  assert.is(await story.status(), '')
  await story.finish()
})

test('plaintext at a protected path is stopped at the commit, and, past that, at the push', async () => {
  const story = await GitStory.begin()
  const remote = story.person.box.path('remote.git')
  await story.git('init', '-q', '--bare', remote)
  await story.git('remote', 'add', 'origin', remote)
  await story.git('push', '-q', '-u', 'origin', 'main')
  // Moved out and added, then moved back in: git takes the plaintext object along.
  await story.git('mv', 'secrets/db', 'public')
  // Else git may believe that it is as it was.
  utimesSync(join(story.dir, 'public'), 1, 1)
  await story.git('add', 'public')
  await story.git('mv', 'public', 'secrets/again')
  assert.not.ok(isAge(await blobOf(story.person, story.dir, ':secrets/again')))
  const commit = await story.tryGit('commit', '-m', 'plaintext')
  assert.is(commit.code, 1)
  assert.match(commit.stderr, /secrets\/again.*\[plaintext-blob\]/)
  assert.not.match(commit.stderr, MARK)
  await story.git('commit', '-q', '--no-verify', '-m', 'plaintext')
  const push = await story.tryGit('push', 'origin', 'main')
  assert.is(push.code, 1)
  assert.match(push.stderr, /secrets\/again.*\[plaintext-blob\]/)
  // Mended on top, the commit below still has it.
  await story.git('add', '--renormalize', '.')
  await story.git('commit', '-q', '-m', 'sealed again')
  await story.sealed('secrets/again')
  assert.is((await story.tryGit('push', 'origin', 'main')).code, 1)
  assert.equal(await findPlaintext(story.person, remote, [MARK]), [])
  // Squashed, it may go.
  await story.git('reset', '-q', '--soft', 'origin/main')
  await story.git('commit', '-q', '-m', 'moved')
  await story.git('push', '-q', 'origin', 'main')
  assert.equal(await findPlaintext(story.person, remote, [MARK]), [])
  // What is left here is git's doing, and goes with the reflog.
  await story.git('reflog', 'expire', '--expire=now', '--all')
  await story.git('update-ref', '-d', 'ORIG_HEAD')
  await story.git('gc', '-q', '--prune=now')
  await story.finish()
})

test.run()
