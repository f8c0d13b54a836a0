import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkStaged } from '../../src/guard/check.ts'
import { begin, drops, EDITED, ELSEWHERE, found, SECRET, staged } from './drop-repo.ts'
import { brief, GuardRepo, sealed } from './guard-repo.ts'

test('merges: against each parent', async () => {
  const { repo, base, ciphertext } = await begin()
  const one = repo.commit({ 'secrets/db': null, plain: ciphertext })
  repo.switchTo('other', base)
  const two = repo.commit({ 'secrets/db': await sealed(EDITED) })
  // Both conflicts of a move on one side and an edit on the other, mended wrongly.
  const same = repo.commit({ 'secrets/db': null, plain: EDITED }, [one, two])
  assert.equal(await found(repo, base, { same }), ['error protection-dropped plain same'])

  repo.switchTo('third', base)
  const removed = repo.commit({ 'secrets/db': null })
  repo.git(['read-tree', two])
  const moved = repo.commit({ 'secrets/db': null, 'elsewhere/db': 'x' }, [removed, two])
  const range = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  assert.equal(brief(range, { moved }), ['error protection-dropped elsewhere/db moved'])
})

test('a merge that is under way', async () => {
  const { repo, base, ciphertext } = await begin()
  const one = repo.commit({ 'secrets/db': null, plain: ciphertext })
  repo.switchTo('other', base)
  repo.commit({ readme: 'x' })
  repo.box.write(`${repo.dir}/.git/MERGE_HEAD`, `${one}\n`)
  repo.stage({ 'secrets/db': null, plain: SECRET })
  assert.equal(await staged(repo), ['error protection-dropped plain index'])
})

test('a clean merge of a removal and of new files is none', async () => {
  const { repo, base } = await begin()
  const removed = repo.commit({ 'secrets/db': null })
  repo.switchTo('other', base)
  const added = repo.commit({ 'hosts/db': 'unrelated' })
  repo.commit({ 'secrets/db': null }, [removed, added])
  assert.equal(await found(repo, base), [])
})

test('a repository without policy and protection is none of ours', async () => {
  const repo = new GuardRepo()
  const base = repo.commit({ 'a.age': await sealed(SECRET) })
  repo.stage({ 'a.age': null, a: SECRET })
  assert.equal(await staged(repo), [])
  repo.commit()
  assert.equal(await found(repo, base), [])
})

test('attributes and policy are given up together', async () => {
  for (const later of [false, true]) {
    const { repo, base } = await begin()
    const none = { '.gitattributes': null, 'nixsecret.toml': null }
    if (later) {
      repo.commit(none)
      repo.commit({ readme: 'x' })
    } else {
      repo.stage({ ...none, 'secrets/db': EDITED })
      assert.equal(await staged(repo), [
        'error policy nixsecret.toml index',
        'error protection-dropped secrets/db index',
      ])
    }
    const drop = repo.commit({ 'secrets/db': EDITED })
    const policy = later ? 'warning policy nixsecret.toml ?' : 'error policy nixsecret.toml drop'
    assert.equal(
      (await found(repo, base, { drop })).sort(),
      ['error protection-dropped secrets/db drop', policy].sort(),
    )
  }
})

test('where a shallow clone ends', async () => {
  const { repo, ciphertext } = await begin()
  repo.commit({ 'secrets/db': null, plain: ciphertext })
  repo.commit({ readme: 'x' })
  const drop = repo.commit({ plain: EDITED })
  const dir = repo.box.path('shallow')
  repo.git(['clone', '-q', '--depth=2', '--no-checkout', `file://${repo.dir}`, dir], { cwd: repo.box.dir })
  const { openRepository } = await import('../../src/git/repository.ts')
  const result = await checkAll(await openRepository(dir), { cwd: dir, env: repo.box.env })
  assert.equal(brief(result, { drop }), ['error protection-dropped plain drop'])
})

test('a partial clone fetches neither what was never protected nor what it became', async () => {
  const { repo, base } = await begin({ plain: 'one' })
  repo.commit({ plain: 'two' })
  repo.commit({ '.gitattributes': ELSEWHERE })
  const drop = repo.commit({ 'secrets/db': EDITED, plain: 'three' })
  repo.git(['config', 'uploadpack.allowFilter', 'true'])
  repo.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  const dir = repo.box.path('partial')
  const from = ['--filter=blob:none', `file://${repo.dir}`]
  repo.git(['clone', '-q', '--no-checkout', ...from, dir], { cwd: repo.box.dir })
  const { openRepository } = await import('../../src/git/repository.ts')
  const options = { cwd: dir, env: repo.box.env }
  const result = await checkRange(await openRepository(dir), `${base}..HEAD`, options)
  assert.equal(brief(drops(result), { drop }), ['error protection-dropped secrets/db drop'])
  const here = repo
    .git(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)', '--buffer'], {
      cwd: dir,
    })
    .split('\n')
  for (const text of ['one', 'two', 'three']) assert.not.ok(here.includes(repo.blob(text)), text)
})

test('hints: move it back, or protect it; nothing of the secret in any of it', async () => {
  const { repo, base } = await begin()
  repo.stage({ 'secrets/db': null, 'it is': SECRET })
  const [move] = (await checkStaged(await repo.open(), repo.options)).findings
  assert.match(move?.message ?? '', 'ciphertext secrets/db is gone')
  assert.equal(move?.hint.split('\n').slice(1), [
    'git nixsecret init',
    'mkdir -p -- secrets',
    "git mv -- 'it is' secrets/db",
    'git add --renormalize -- secrets/db',
    "# if it is not meant for git at all: git rm --cached -- 'it is'",
    '# if it is no secret any more: git commit --no-verify',
  ])
  const drop = repo.commit({ '.gitattributes': null, 'secrets/db': EDITED, 'it is': null })
  repo.commit({ 'secrets/db': `${EDITED}!` })
  const hint = async () =>
    (await checkRange(await repo.open(), `${base}..HEAD`, repo.options)).findings[0]?.hint.split('\n') ?? []
  // Still plaintext at the tip, in another version: it has to be mended there too.
  const still = await hint()
  assert.is(still[1], `git reset --soft ${drop.slice(0, 12)}^`)
  assert.ok(still.includes('git add --renormalize -- secrets/db'))
  assert.is(still.at(-1), '# if it is no secret any more: git push --no-verify')
  repo.git(['update-ref', 'refs/remotes/origin/main', drop])
  assert.match((await hint())[0] ?? '', /^# already pushed: change the secret itself first/)
  repo.git(['update-ref', '-d', 'refs/remotes/origin/main'])
  repo.commit({ 'secrets/db': null })
  assert.equal((await hint()).slice(1, 3), [`git reset --soft ${drop.slice(0, 12)}^`, 'git commit'])
  assert.not.match(JSON.stringify([move, still]), 'horse')
})

test.run()
