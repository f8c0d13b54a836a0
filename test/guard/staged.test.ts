import { copyFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkStaged } from '../../src/guard/check.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

async function staged(repo: GuardRepo, env: Record<string, string> = {}) {
  return checkStaged(await repo.open(), { ...repo.options, env: { ...repo.options.env, ...env } })
}

test('plaintext in the index, with what mends it', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.stage({ "secrets/it's": 'hunter2' })
  const found = await staged(repo)
  assert.equal(brief(found), ["error plaintext-blob secrets/it's index"])
  assert.match(found.findings[0]?.hint ?? '', String.raw`git add --renormalize -- 'secrets/it'\''s'`)
  assert.match(found.findings[0]?.hint ?? '', 'git rm --cached')
  assert.not.match(JSON.stringify(found), 'hunter2')
})

test('before the first commit, and with nothing staged', async () => {
  const repo = new GuardRepo()
  assert.equal((await staged(repo)).findings, [])
  repo.stage({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), 'secrets/a': 'hunter2' })
  assert.equal(brief(await staged(repo)), ['error plaintext-blob secrets/a index'])
})

test('the index that git hands to a hook', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const clean = `${repo.dir}/.git/next-index`
  copyFileSync(`${repo.dir}/.git/index`, clean)
  repo.stage({ 'secrets/b': 'hunter2' })
  // Relative to the work tree, as git gives it.
  assert.equal((await staged(repo, { GIT_INDEX_FILE: '.git/next-index' })).findings, [])
  assert.is((await staged(repo, { GIT_INDEX_FILE: '.git/index' })).findings.length, 1)
})

test('attributes and policy are those of the index', async () => {
  const repo = new GuardRepo()
  repo.commit({ 'secrets/old': 'hunter2' })
  repo.stage({ '.gitattributes': ATTRIBUTES })
  assert.equal(brief(await staged(repo)), [
    'error plaintext-blob secrets/old index',
    'error policy nixsecret.toml index',
  ])
})

test('stale readers: an error for what the commit brings, else a note', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  repo.stage({ readme: 'x' })
  assert.equal(brief(await staged(repo)), ['note stale-recipients secrets/a index'])
  repo.stage({ 'secrets/b': await sealed('b') })
  assert.equal(brief(await staged(repo)), [
    'error stale-recipients secrets/b index',
    'note stale-recipients secrets/a index',
  ])
})

test('a clean merge that is stale does not stop the merge', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const edit = repo.commit({ 'secrets/b': await sealed('b') })
  repo.switchTo('other', base)
  repo.commit({
    'nixsecret.toml': policyText(['alice', 'web']),
    'secrets/a': await sealed('a', policyText(['alice', 'web'])),
  })
  repo.stage({ 'secrets/b': { mode: '100644', oid: repo.git(['rev-parse', `${edit}:secrets/b`]) } })
  assert.equal(brief(await staged(repo)), ['error stale-recipients secrets/b index'])
  writeFileSync(`${repo.dir}/.git/MERGE_HEAD`, `${edit}\n`)
  assert.equal(brief(await staged(repo)), ['note stale-recipients secrets/b index'])
})

test('a broken policy stops commits that change it or a secret, and no others', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.stage({ 'nixsecret.toml': '<<<<<<< ours\n' })
  assert.equal(brief(await staged(repo)), ['error policy nixsecret.toml index'])
  repo.commit()
  repo.stage({ readme: 'x' })
  assert.equal(brief(await staged(repo)), ['warning policy nixsecret.toml index'])
  repo.stage({ 'secrets/b': await sealed('b') })
  assert.equal(brief(await staged(repo)), ['error policy nixsecret.toml index'])
})

test('intent to add, and a path in conflict', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.box.write(`${repo.dir}/secrets/later`, 'hunter2')
  repo.git(['add', '-N', 'secrets/later'])
  assert.equal((await staged(repo)).findings, [])
  const line = (stage: number, text: string) => `100644 ${repo.blob(text)} ${stage}\tsecrets/c\n`
  repo.git(['update-index', '--index-info'], { input: line(1, '') + line(2, 'hunter2') + line(3, '') })
  assert.equal(brief(await staged(repo)), ['error plaintext-blob secrets/c index'])
})

test.run()
