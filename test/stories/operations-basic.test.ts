import { chmodSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GitStory, MARK, secret } from '../support/git-story.ts'
import { blobOf, isAge, Person } from '../support/story.ts'

const OLD = secret()
const NEW = secret({ 3: 'new three' })

test('add, commit and amend', async () => {
  const story = await GitStory.begin()
  await story.holds(OLD)
  const before = await story.id('secrets/db')
  story.write('secrets/db', NEW)
  assert.is(await story.status(), ' M secrets/db\n')
  await story.git('commit', '-q', '-a', '-m', 'second')
  await story.holds(NEW)
  assert.is.not(await story.id('secrets/db'), before)
  await story.git('commit', '-q', '--amend', '-m', 'second, better said')
  story.write('secrets/db', secret({ 3: 'newer three' }))
  await story.git('commit', '-q', '-a', '--amend', '--no-edit')
  await story.holds(secret({ 3: 'newer three' }))
  // Partial commits go through an index of their own.
  story.write('secrets/db', NEW)
  story.write('secrets/other', OLD)
  await story.git('add', 'secrets/other')
  await story.git('commit', '-q', '-m', 'only one', '--', 'secrets/db')
  assert.is(await story.status(), 'A  secrets/other\n')
  await story.git('commit', '-q', '-m', 'the other')
  await story.holds(OLD, 'secrets/other')
  await story.finish()
})

test('clone with a key: ciphertext until init, which opens everything at once', async () => {
  const story = await GitStory.begin()
  const copy = story.at(story.person.box.path('copy'))
  await story.git('clone', '-q', story.dir, copy.dir)
  assert.ok(isAge(Buffer.from(copy.text('secrets/db'))))
  assert.is(await copy.status(), '')
  await copy.git('nixsecret', 'init')
  await copy.holds(OLD)
  await story.finish()
})

test('clone after init --global opens at checkout', async () => {
  const story = await GitStory.begin()
  await story.git('nixsecret', 'init', '--global')
  const copy = story.at(story.person.box.path('copy'))
  await story.git('clone', '-q', story.dir, copy.dir)
  await copy.holds(OLD)
  await story.finish()
})

test('clone without a key stays locked, and works on all that is not secret', async () => {
  const story = await GitStory.begin()
  const guest = await Person.create('guest', { key: false })
  const dir = guest.box.path('copy')
  await guest.git(guest.box.dir, 'clone', '-q', story.dir, dir)
  const copy = new GitStory(guest, dir)
  const init = await copy.tryGit('nixsecret', 'init')
  assert.is(init.code, 0, init.stderr)
  assert.ok(isAge(Buffer.from(copy.text('secrets/db'))))
  assert.is(await copy.status(), '')
  await copy.commit('public work', { README: 'more\n' })
  copy.touchAll()
  await copy.git('checkout', '-q', '-b', 'side', 'HEAD~1')
  await copy.git('checkout', '-q', 'main')
  assert.is(await copy.id('secrets/db'), await story.id('secrets/db'))
  await story.git('pull', '-q', dir, 'main')
  await story.holds(OLD)
  await copy.finish()
  await story.finish()
})

test('checkout of old and new commits, tags and single files', async () => {
  const story = await GitStory.begin()
  const first = (await story.git('rev-parse', 'HEAD')).trim()
  await story.git('tag', '-a', 'v1', '-m', 'first')
  await story.commit('second', { 'secrets/db': NEW })
  await story.git('rm', '-q', 'secrets/db')
  await story.commit('third')
  assert.not.ok(story.has('secrets/db'))
  await story.git('checkout', '-q', 'v1')
  await story.holds(OLD)
  await story.git('checkout', '-q', 'main~1')
  await story.holds(NEW)
  await story.git('checkout', first, '--', 'secrets/db')
  assert.is(story.text('secrets/db'), OLD)
  await story.git('checkout', '-q', '-f', 'main')
  assert.not.ok(story.has('secrets/db'))
  await story.finish()
})

test('branch switch with dirty secrets: kept where git can, refused where it would lose them', async () => {
  const story = await GitStory.begin()
  await story.fork({ 'secrets/db': NEW })
  await story.git('branch', 'same')
  story.write('secrets/db', secret({ 9: 'dirty' }))
  await story.git('checkout', '-q', 'same')
  assert.is(story.text('secrets/db'), secret({ 9: 'dirty' }))
  const refused = await story.tryGit('checkout', '-q', 'topic')
  assert.is.not(refused.code, 0)
  assert.match(refused.stderr, 'secrets/db')
  assert.is(story.text('secrets/db'), secret({ 9: 'dirty' }))
  await story.git('checkout', '-q', '-f', 'topic')
  await story.holds(NEW)
  await story.finish()
})

test('reset --mixed, --hard, --soft, --keep and restore', async () => {
  const story = await GitStory.begin()
  await story.commit('second', { 'secrets/db': NEW })
  await story.git('reset', '-q', '--mixed', 'HEAD~1')
  assert.is(story.text('secrets/db'), NEW)
  assert.is(await story.status(), ' M secrets/db\n')
  await story.git('reset', '-q', '--hard')
  await story.holds(OLD)
  await story.git('reset', '-q', '--hard', 'HEAD@{2}')
  await story.holds(NEW)
  await story.git('reset', '-q', '--soft', 'HEAD~1')
  assert.is(await story.status(), 'M  secrets/db\n')
  await story.git('restore', '--staged', 'secrets/db')
  assert.is(await story.status(), ' M secrets/db\n')
  await story.git('restore', 'secrets/db')
  await story.holds(OLD)
  await story.git('restore', '-s', 'HEAD@{1}', '-SW', 'secrets/db')
  assert.is(await story.status(), 'M  secrets/db\n')
  await story.git('restore', '-SW', 'secrets/db')
  await story.holds(OLD)
  await story.git('reset', '-q', '--keep', 'HEAD@{1}')
  await story.holds(NEW)
  await story.finish()
})

test('modes: 0600, or 0700 if executable, after checkout, reset --hard, stash pop and restore', async () => {
  const story = await GitStory.begin()
  const script = join(story.dir, 'secrets/run')
  story.write('secrets/run', `#!/bin/sh\n# ${MARK}\n`)
  chmodSync(script, 0o755)
  await story.commit('executable')
  const modes = () => [story.mode('secrets/db'), story.mode('secrets/run'), story.mode('README') & 0o044]
  const remove = () => {
    for (const file of ['secrets/db', 'secrets/run']) rmSync(join(story.dir, file))
  }
  for (const how of [
    ['checkout', '--', '.'],
    ['reset', '-q', '--hard'],
    ['restore', '.'],
    ['checkout-index', '-a', '-q'],
  ]) {
    remove()
    await story.git(...how)
    assert.equal(modes(), [0o600, 0o700, 0o044], how.join(' '))
    assert.is(await story.status(), '')
  }
  story.write('secrets/db', NEW)
  story.write('secrets/run', `#!/bin/sh\n# ${MARK} 2\n`)
  await story.git('stash', '-q')
  assert.equal(modes(), [0o600, 0o700, 0o044])
  await story.git('stash', 'pop', '-q')
  assert.equal(modes(), [0o600, 0o700, 0o044])
  await story.commit('changed')
  assert.is((await story.git('ls-files', '-s', 'secrets/run')).slice(0, 6), '100755')
  await story.finish()
})

test('from a subdirectory everything works as from the top', async () => {
  const story = await GitStory.begin()
  await story.commit('deep', { 'secrets/a/b/key': OLD })
  const { box } = story.person
  const cwd = join(story.dir, 'secrets/a/b')
  box.write(join(cwd, 'key'), NEW)
  box.write(join(cwd, 'more'), OLD)
  await box.ok('git', ['add', '.'], { cwd })
  await box.ok('git', ['commit', '-q', '-m', 'from below'], { cwd })
  await story.holds(NEW, 'secrets/a/b/key')
  rmSync(join(cwd, 'key'))
  await box.ok('git', ['checkout', '--', 'key'], { cwd })
  assert.match(await box.ok('git', ['diff', 'HEAD~1', '--', 'key'], { cwd }), `+${MARK} new three`)
  const status = await box.run('git', ['nixsecret', 'status', '--json', 'key'], { cwd })
  assert.equal(
    JSON.parse(status.out).files.map((file: { path: string; state: string }) => [file.path, file.state]),
    [['secrets/a/b/key', 'open']],
  )
  await story.holds(NEW, 'secrets/a/b/key')
  await story.finish()
})

test('archive emits plaintext of an open clone, and ciphertext of a locked one', async () => {
  const story = await GitStory.begin()
  const archive = async () =>
    (await story.person.box.run('git', ['archive', 'HEAD', 'secrets/db'], { cwd: story.dir })).stdout
  assert.ok((await archive()).includes(MARK))
  await story.git('nixsecret', 'lock')
  const locked = await archive()
  assert.not.ok(locked.includes(MARK))
  assert.ok(locked.includes('age-encryption.org/v1'))
  await story.git('nixsecret', 'unlock')
  await story.holds(OLD)
  await story.finish()
})

test('gc, then add of touched files: the same objects, with and without what was remembered', async () => {
  const story = await GitStory.begin()
  for (let i = 0; i < 8; i++) story.write(`secrets/more/${i}`, secret({ 1: `file ${i}` }))
  // Never committed: gc may take it.
  story.write('secrets/loose', NEW)
  await story.git('add', '-A')
  await story.git('rm', '-q', '--cached', 'secrets/loose')
  rmSync(join(story.dir, 'secrets/loose'))
  await story.git('commit', '-q', '-m', 'more')
  const tree = await story.git('ls-tree', '-r', 'HEAD')
  for (const forget of [false, true]) {
    await story.git('gc', '-q', '--prune=now')
    if (forget) story.forget()
    story.touchAll()
    assert.is(await story.status(), '')
    story.touchAll()
    await story.git('add', '-A')
    await story.git('add', '--renormalize', '.')
    assert.is(await story.git('ls-tree', '-r', await story.git('write-tree').then((id) => id.trim())), tree)
  }
  // What was remembered is gone: encrypted again.
  await story.commit('back', { 'secrets/loose': NEW })
  await story.holds(NEW, 'secrets/loose')
  await story.finish()
})

test('clone, checkout, touch, gc: never a change to see', async () => {
  const story = await GitStory.begin()
  await story.commit('second', { 'secrets/db': NEW, 'secrets/x': OLD })
  const copy = story.at(story.person.box.path('copy'))
  await story.git('clone', '-q', story.dir, copy.dir)
  await copy.git('nixsecret', 'init')
  for (const place of [story, copy]) {
    const ids = await place.git('ls-files', '-s')
    await place.git('checkout', '-q', 'HEAD~1')
    await place.git('checkout', '-q', 'main')
    place.touchAll()
    await place.git('gc', '-q', '--prune=now')
    assert.is(await place.git('diff', '--stat'), '')
    assert.is(await place.status(), '')
    rmSync(join(place.dir, '.git/index'))
    await place.git('reset', '-q')
    assert.is(await place.status(), '')
    await place.git('add', '-A')
    assert.is(await place.git('ls-files', '-s'), ids)
  }
  await story.finish()
})

test('an empty index and the first commit', async () => {
  const person = await Person.create('alice')
  const dir = person.box.path('new')
  await person.box.ok('git', ['init', '-q', dir])
  const story = new GitStory(person, dir)
  await story.git('nixsecret', 'init')
  story.write('secrets/db', OLD)
  await story.git('add', '-A')
  assert.ok(isAge(await blobOf(person, dir, ':secrets/db')))
  assert.ok(statSync(join(dir, 'secrets/db')).isFile())
  await story.git('commit', '-q', '-m', 'all at once')
  assert.is(story.text('secrets/db'), OLD)
  await story.finish()
})

test.run()
