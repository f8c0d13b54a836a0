import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GitStory, secret } from '../support/git-story.ts'

const THEIRS = { 'secrets/db': secret({ 2: 'theirs' }) }
const OURS = { 'secrets/db': secret({ 11: 'ours' }) }
const OURS_SAME_LINE = { 'secrets/db': secret({ 2: 'ours' }) }
const BOTH = secret({ 2: 'theirs', 11: 'ours' })
const RESOLVED = secret({ 2: 'both' })

for (const backend of ['--merge', '--apply']) {
  test(`rebase ${backend}: clean, several commits`, async () => {
    const story = await GitStory.begin()
    await story.fork(THEIRS, OURS)
    await story.commit('second on main', { 'secrets/db': secret({ 11: 'ours', 6: 'six' }), README: 'r\n' })
    await story.commit('third on main', { 'secrets/new': secret({ 1: 'new' }) })
    await story.git('rebase', '-q', backend, 'topic')
    await story.holds(secret({ 2: 'theirs', 6: 'six', 11: 'ours' }))
    await story.holds(secret({ 1: 'new' }), 'secrets/new')
    await story.git('checkout', '-q', 'HEAD~2')
    await story.holds(BOTH)
    await story.git('checkout', '-q', 'main')
    assert.is((await story.git('rev-list', '--count', 'topic..main')).trim(), '3')
    await story.finish()
  })

  test(`rebase ${backend}: conflict, then resolved; skipped; given up`, async () => {
    const story = await GitStory.begin()
    await story.fork(THEIRS, OURS_SAME_LINE)
    const again = async () => {
      const rebase = await story.tryGit('rebase', backend, 'topic')
      assert.is(rebase.code, 1, rebase.stderr)
      await story.conflicts()
    }
    await again()
    await story.git('rebase', '--abort')
    await story.holds(OURS_SAME_LINE['secrets/db'])
    await again()
    await story.resolve(RESOLVED)
    await story.git('rebase', '--continue')
    await story.holds(RESOLVED)
    await story.git('reset', '-q', '--hard', 'ORIG_HEAD')
    await again()
    await story.git('rebase', '--skip')
    await story.holds(THEIRS['secrets/db'])
    await story.finish()
  })
}

test('rebase --autostash and --rebase-merges', async () => {
  const story = await GitStory.begin()
  await story.fork(THEIRS, OURS)
  await story.git('checkout', '-q', '-b', 'side', 'HEAD~1')
  await story.commit('side', { 'secrets/side': secret({ 1: 'side' }) })
  await story.git('checkout', '-q', 'main')
  await story.git('merge', '-q', '--no-edit', 'side')
  story.write('secrets/side', secret({ 1: 'dirty' }))
  await story.git('rebase', '-q', '--rebase-merges', '--autostash', 'topic')
  assert.is(await story.status(), ' M secrets/side\n')
  assert.is(story.text('secrets/side'), secret({ 1: 'dirty' }))
  await story.commit('no longer dirty')
  await story.holds(BOTH)
  await story.finish()
})

test('interactive rebase: edit, reorder, squash, reword and drop', async () => {
  const story = await GitStory.begin()
  await story.commit('one', { 'secrets/db': secret({ 1: 'one' }) })
  await story.commit('two', { 'secrets/db': secret({ 1: 'one', 6: 'two' }) })
  await story.commit('three', { 'secrets/db': secret({ 1: 'one', 6: 'two', 12: 'three' }) })
  await story.commit('other', { 'secrets/other': secret({ 1: 'other' }) })
  story.env.GIT_SEQUENCE_EDITOR = story.script('edit', 'sed -i "s/^pick \\(.* two\\)$/edit \\1/" "$1"')
  await story.git('rebase', '-i', 'HEAD~4')
  assert.is(story.text('secrets/db'), secret({ 1: 'one', 6: 'two' }))
  story.write('secrets/db', secret({ 1: 'one', 6: 'two, edited' }))
  await story.git('commit', '-q', '-a', '--amend', '--no-edit')
  const last = secret({ 1: 'one', 6: 'two, edited', 12: 'three' })
  await story.git('rebase', '--continue')
  await story.holds(last)
  // The last but one goes to the top, the first two become one, with a new message.
  story.env.GIT_SEQUENCE_EDITOR = story.script(
    'order',
    'sed -i -e "2s/^pick/squash/" -e "3{h;d}" -e "4{s/^pick/reword/;G}" "$1"',
  )
  story.env.GIT_EDITOR = story.script('message', 'sed -i "/^#/d; 0,/^[a-z]/s/^[a-z]/reworded &/" "$1"')
  await story.git('rebase', '-i', 'HEAD~4')
  await story.holds(last)
  assert.is(await story.git('log', '-3', '--format=%s'), 'three\nreworded other\nreworded one\n')
  story.env.GIT_SEQUENCE_EDITOR = story.script('drop', 'sed -i "1s/^pick/drop/" "$1"')
  await story.git('rebase', '-i', 'HEAD~2')
  await story.holds(last)
  assert.not.ok(story.has('secrets/other'))
  await story.finish()
})

test('rebase --autosquash of a fixup', async () => {
  const story = await GitStory.begin()
  const one = await story.commit('one', { 'secrets/db': secret({ 1: 'one' }) })
  await story.commit('two', { 'secrets/db': secret({ 1: 'one', 6: 'two' }) })
  story.write('secrets/db', secret({ 1: 'one', 6: 'two', 12: 'fixed' }))
  await story.git('commit', '-q', '-a', '--fixup', one)
  story.env.GIT_SEQUENCE_EDITOR = 'true'
  await story.git('rebase', '-i', '--autosquash', 'HEAD~3')
  await story.holds(secret({ 1: 'one', 6: 'two', 12: 'fixed' }))
  await story.git('checkout', '-q', 'HEAD~1')
  await story.holds(secret({ 1: 'one', 12: 'fixed' }))
  await story.git('checkout', '-q', 'main')
  await story.finish()
})

test('cherry-pick: clean, and in conflict', async () => {
  const story = await GitStory.begin()
  await story.fork(THEIRS, OURS)
  await story.git('cherry-pick', 'topic')
  await story.holds(BOTH)
  await story.git('reset', '-q', '--hard', 'HEAD~2')
  await story.commit('same line', OURS_SAME_LINE)
  const pick = await story.tryGit('cherry-pick', '-x', 'topic')
  assert.is(pick.code, 1)
  await story.conflicts()
  await story.resolve(RESOLVED)
  await story.git('cherry-pick', '--continue')
  await story.holds(RESOLVED)
  await story.finish()
})

test('revert: clean, and in conflict', async () => {
  const story = await GitStory.begin()
  await story.commit('theirs', THEIRS)
  await story.commit('both', { 'secrets/db': BOTH })
  await story.git('revert', '--no-edit', 'HEAD~1')
  await story.holds(OURS['secrets/db'])
  await story.git('reset', '-q', '--hard', 'HEAD~1')
  await story.commit('same line', { 'secrets/db': secret({ 2: 'again', 11: 'ours' }) })
  const revert = await story.tryGit('revert', '--no-edit', 'HEAD~2')
  assert.is(revert.code, 1)
  await story.conflicts()
  await story.resolve(RESOLVED)
  await story.git('revert', '--continue')
  await story.holds(RESOLVED)
  // Of the only change: the blob of before.
  await story.git('reset', '-q', '--hard', 'HEAD~3')
  const base = await story.id('secrets/db', 'HEAD~1')
  await story.git('revert', '--no-edit', 'HEAD')
  assert.is(await story.id('secrets/db'), base)
  await story.finish()
})

test('format-patch and am: patches hold ciphertext only, and apply', async () => {
  const story = await GitStory.withoutHooks()
  await story.git('checkout', '-q', '-b', 'topic')
  const contents = Array.from({ length: 12 }, (_, i) => secret({ 1: `version ${i}` }, 1 + (i % 3)))
  for (const [i, content] of contents.entries())
    await story.commit(`version ${i}`, { 'secrets/db': content, [`secrets/${i}`]: content })
  const patches = story.person.box.path('patches')
  await story.git('format-patch', '-q', '-o', patches, 'main')
  const files = story.person.box.files(patches).sort()
  assert.is(files.length, 12)
  for (const file of files) {
    const patch = readFileSync(file, 'latin1')
    assert.not.ok(patch.includes('plain-mark'), file)
    // As text, which small ciphertext may look like, a CRLF in it would not survive "git am".
    assert.is(patch.match(/^GIT binary patch$/gm)?.length, patch.match(/^diff --git /gm)?.length, file)
  }
  await story.git('checkout', '-q', 'main')
  await story.git('am', '-q', ...files)
  await story.holds(contents[11] as string)
  for (const [i, content] of contents.entries()) await story.holds(content, `secrets/${i}`)
  assert.is(await story.git('diff', '--stat', '--no-textconv', 'topic', 'main'), '')
  await story.finish()
})

test('am -3: clean, and in conflict', async () => {
  const story = await GitStory.begin()
  await story.fork(THEIRS, OURS)
  const patches = story.person.box.path('patches')
  await story.git('format-patch', '-q', '-o', patches, 'main..topic')
  const file = join(patches, '0001-on-topic.patch')
  await story.git('am', '-q', '-3', file)
  await story.holds(BOTH)
  await story.git('reset', '-q', '--hard', 'HEAD~2')
  await story.commit('same line', OURS_SAME_LINE)
  const am = await story.tryGit('am', '-3', file)
  assert.is(am.code, 128, am.stderr)
  await story.conflicts()
  await story.git('am', '--abort')
  await story.holds(OURS_SAME_LINE['secrets/db'])
  await story.tryGit('am', '-3', file)
  await story.conflicts()
  await story.resolve(RESOLVED)
  await story.git('am', '--continue')
  await story.holds(RESOLVED)
  await story.finish()
})

test.run()
