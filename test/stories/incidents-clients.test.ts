import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, isAge } from '../support/story.ts'
import { Incident, LEAK, SECRET } from './incident-story.ts'

const NEW = { rule: 'plaintext-blob', path: 'secrets/new' }

test('a fresh clone without the filter commits plaintext: push, receive and CI refuse it', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  const git = (...args: string[]) => story.alice.git(fresh, ...args)
  story.write('secrets/new', SECRET, fresh)
  await git('add', '-A')
  await git('commit', '-q', '-m', 'leak')
  await story.refused(fresh, NEW)
  const ci = await story.seenInCi(fresh, NEW)
  assert.match(ci, '# already pushed: change the secret itself first')
  // Hooks come with init, as it was to be: too late for the commit, in time for the push.
  await git('nixsecret', 'init')
  const push = await story.stopped(['push', 'origin', 'HEAD:main'], NEW, fresh)
  assert.match(push.stderr, 'nothing has left this machine')
  await story.paste(push.stderr, fresh)
  await story.passes(fresh)
  assert.ok(isAge((await story.alice.tryGit(fresh, 'cat-file', 'blob', 'HEAD:secrets/new')).stdout))
})

test('what the server prints mends the clone, too', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  story.write('secrets/new', SECRET, fresh)
  await story.alice.git(fresh, 'add', '-A')
  await story.alice.git(fresh, 'commit', '-q', '-m', 'leak')
  story.write('README', 'more\n', fresh)
  await story.alice.git(fresh, 'commit', '-q', '-a', '-m', 'work')
  await story.paste(await story.refused(fresh, NEW), fresh)
  await story.passes(fresh)
})

test('several files in several commits: the commands of each finding mend all that a hook would stop', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  for (const name of ['new', 'other', 'third']) {
    story.write(`secrets/${name}`, SECRET, fresh)
    if (name === 'other') continue
    await story.alice.git(fresh, 'add', '-A')
    await story.alice.git(fresh, 'commit', '-q', '-m', name)
  }
  const said = await story.refused(fresh, NEW)
  for (const name of ['other', 'third']) story.says(said, { rule: 'plaintext-blob', path: `secrets/${name}` })
  await story.paste(said, fresh)
  await story.passes(fresh)
})

test('a client that knows no filters writes objects itself', async () => {
  const story = await Incident.begin()
  const blob = await story.alice.box.ok('git', ['hash-object', '-w', '--no-filters', '--stdin'], {
    cwd: story.dir,
    input: SECRET,
  })
  await story.git('update-index', '--add', '--cacheinfo', `100644,${blob.trim()},secrets/new`)
  // As libraries do: no hook at the commit.
  const tree = (await story.git('write-tree')).trim()
  const commit = (await story.git('commit-tree', tree, '-p', 'HEAD', '-m', 'leak')).trim()
  await story.git('update-ref', 'HEAD', commit)
  story.write('secrets/new', SECRET)
  const push = await story.stopped(['push', 'origin', 'main'], NEW)
  await story.refused(story.dir, NEW)
  await story.paste(push.stderr)
  await story.passes()
})

test('one that makes whole histories: fast-import', async () => {
  const story = await Incident.begin()
  const fresh = await story.bareClone()
  const text = `commit refs/heads/main\ncommitter T <t@example.org> 1700000000 +0000\ndata 1\nx\nfrom ${story.base}\nM 100644 inline secrets/new\ndata ${SECRET.length}\n${SECRET}\n`
  await story.alice.box.ok('git', ['fast-import', '--quiet'], { cwd: fresh, input: text })
  await story.refused(fresh, NEW, 'main')
  await story.seenInCi(fresh, NEW)
})

test('required=false and an empty filter, set by automation: add stores plaintext, the hooks stop it', async () => {
  const story = await Incident.begin()
  for (const key of ['process', 'clean', 'smudge']) await story.git('config', `filter.nixsecret.${key}`, '')
  await story.git('config', 'filter.nixsecret.required', 'false')
  story.write('secrets/new', SECRET)
  await story.git('add', '--', 'secrets/new')
  const commit = await story.stopped(['commit', '-m', 'leak'], NEW)
  await story.git('commit', '-q', '--no-verify', '-m', 'leak')
  await story.stopped(['push', 'origin', 'main'], NEW)
  await story.refused(story.dir, NEW)
  const doctor = await story.tryGit('nixsecret', 'doctor')
  assert.is(doctor.code, 1)
  assert.match(doctor.out, 'filter.nixsecret.required')
  assert.ok(commit.stderr.includes('secrets/new'))
  // init takes nothing back that it did not set; its hints name each key.
  let again = await story.tryGit('nixsecret', 'init')
  for (let i = 0; i < 4 && again.code !== 0; i++) {
    const hints = again.stderr.split('\n').flatMap((line) => /^hint: (git config .*)$/.exec(line)?.[1] ?? [])
    await story.alice.box.ok('sh', ['-ec', hints.join('\n')], { cwd: story.dir })
    again = await story.tryGit('nixsecret', 'init')
  }
  assert.is(again.code, 0, again.stderr)
  await story.paste((await story.tryGit('push', 'origin', 'main')).stderr)
  await story.passes()
})

test('git commit -a and git commit PATH hand the hook another index, which is the one that it judges', async () => {
  for (const args of [['-a'], ['--', 'secrets/new']]) {
    const story = await Incident.begin()
    story.write('secrets/new', SECRET)
    await story.git('add', '-N', '--', 'secrets/new')
    const off = ['process', 'clean', 'smudge'].flatMap((part) => ['-c', `filter.nixsecret.${part}=`])
    const plain = [...off, '-c', 'filter.nixsecret.required=false']
    await story.stopped([...plain, 'commit', '-q', '-m', 'leak', ...args], NEW)
    assert.is((await story.git('rev-parse', 'HEAD')).trim(), story.base)
    await story.git('commit', '-q', '-m', 'with the filter', ...args)
    await story.passes()
  }
})

test('hooks skipped by --no-verify, and by core.hooksPath: receive and CI do not ask them', async () => {
  for (const how of ['no-verify', 'hooksPath']) {
    const story = await Incident.begin()
    if (how === 'hooksPath') await story.git('config', 'core.hooksPath', story.alice.box.path('no-hooks'))
    const off = [
      '-c',
      'filter.nixsecret.process=',
      '-c',
      'filter.nixsecret.clean=',
      '-c',
      'filter.nixsecret.required=false',
    ]
    story.write('secrets/new', SECRET)
    await story.git(...off, 'add', '--', 'secrets/new')
    await story.git(...off, 'commit', '-q', '-m', 'leak', ...(how === 'no-verify' ? ['--no-verify'] : []))
    const said = await story.refused(story.dir, NEW)
    await story.seenInCi(story.dir, NEW)
    if (how === 'hooksPath') {
      const doctor = await story.tryGit('nixsecret', 'doctor')
      assert.is(doctor.code, 1)
      assert.match(doctor.out, 'core.hooksPath')
      await story.git('config', '--unset', 'core.hooksPath')
    }
    await story.paste(said)
    await story.passes()
  }
})

test('an edit on the web site: no client had a say, CI sees it', async () => {
  const story = await Incident.begin()
  const at = (...args: string[]) => story.alice.git(story.forge, ...args)
  const index = { GIT_INDEX_FILE: join(story.forge, 'web-index') }
  const run = (args: string[], input?: string) =>
    story.alice.box.ok('git', args, {
      cwd: story.forge,
      env: index,
      ...(input === undefined ? {} : { input }),
    })
  await run(['read-tree', 'main'])
  const blob = (await run(['hash-object', '-w', '--stdin'], SECRET)).trim()
  await run(['update-index', '--add', '--cacheinfo', `100644,${blob},secrets/new`])
  const tree = (await run(['write-tree'])).trim()
  const commit = (await at('commit-tree', tree, '-p', 'main', '-m', 'edited on the web')).trim()
  await at('update-ref', 'refs/heads/main', commit)
  rmSync(index.GIT_INDEX_FILE)
  const said = await story.ciFinds(NEW)
  assert.match(said, '# already pushed: change the secret itself first')
  // Whoever pulls it and goes on cannot bring it to the guarded server unseen.
  await story.git('pull', '-q', '--ff-only', 'forge', 'main')
  await story.refused(story.dir, NEW)
  // What CI printed mends the tip; the range after it is clean, and the old one is still not.
  await story.paste(said)
  const mended = (await story.git('rev-parse', 'HEAD')).trim()
  assert.ok(isAge((await story.tryGit('cat-file', 'blob', 'HEAD:secrets/new')).stdout))
  await story.git('push', '-q', '--no-verify', 'forge', 'main')
  assert.is((await story.ci(commit)).code, 0)
  assert.is((await story.ci()).code, 1)
  assert.not.equal(mended, commit)
  assert.equal(await findPlaintext(story.alice, story.guarded, [LEAK]), [])
})

test.run()
