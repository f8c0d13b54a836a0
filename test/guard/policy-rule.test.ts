import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

const BROKEN = `${policyText()}\n[oops`

async function range(repo: GuardRepo, from: string, names: Record<string, string>): Promise<string[]> {
  return brief(await checkRange(await repo.open(), `${from}..HEAD`, repo.options), names)
}

test('not parseable, with the line', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const tip = repo.commit({ 'nixsecret.toml': BROKEN })
  const found = await checkRevision(await repo.open(), 'HEAD', repo.options)
  assert.equal(brief(found, { tip }), ['error policy nixsecret.toml tip'])
  const [finding] = found.findings
  assert.is(finding?.line, BROKEN.split('\n').length)
  assert.match(finding?.hint ?? '', 'git add nixsecret.toml')
})

test('missing while an attribute names the filter, whether or not there is a protected file', async () => {
  for (const files of [{}, { 'secrets/a': await sealed('a') }]) {
    const repo = new GuardRepo()
    const tip = repo.commit({ '.gitattributes': ATTRIBUTES, ...files })
    assert.equal(await range(repo, '0'.repeat(40), { tip }), ['error policy nixsecret.toml tip'])
    assert.equal(brief(await checkRevision(await repo.open(), tip, repo.options), { tip }), [
      'error policy nixsecret.toml tip',
    ])
  }
})

test('removed while a parent had it: with the attributes, and without', async () => {
  const kept = new GuardRepo()
  const before = await kept.begin()
  const gone = kept.commit({ 'nixsecret.toml': null })
  assert.equal(await range(kept, before, { gone }), ['error policy nixsecret.toml gone'])
  const both = new GuardRepo()
  const base = await both.begin()
  const off = both.commit({ 'nixsecret.toml': null, '.gitattributes': null, 'secrets/a': null })
  const found = await checkRange(await both.open(), `${base}..HEAD`, both.options)
  assert.equal(brief(found, { off }), ['error policy nixsecret.toml off'])
  assert.match(found.findings[0]?.message ?? '', /taken away/)
})

test('removed in one commit and back in the next: an error only where a protected file was without readers', async () => {
  for (const secret of [true, false]) {
    const repo = new GuardRepo()
    const files = { '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText() }
    const base = repo.commit(secret ? { ...files, 'secrets/a': await sealed('a') } : files)
    const gone = repo.commit({ 'nixsecret.toml': null })
    repo.commit({ 'nixsecret.toml': policyText() })
    const severity = secret ? 'error' : 'warning'
    assert.equal(await range(repo, base, { gone }), [`${severity} policy nixsecret.toml gone`])
  }
})

test('removed by a merge that takes neither side', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const one = repo.commit({ one: '1' })
  repo.switchTo('other', base)
  const two = repo.commit({ two: '2' })
  const evil = repo.commit({ 'nixsecret.toml': null }, [one, two])
  assert.equal(await range(repo, base, { evil }), ['error policy nixsecret.toml evil'])
})

test('a symlink or a directory in its place', async () => {
  const link = new GuardRepo()
  const base = await link.begin()
  const tip = link.commit({ 'nixsecret.toml': { mode: '120000', oid: link.blob('/tmp/mine.toml') } })
  const found = await checkRange(await link.open(), `${base}..HEAD`, link.options)
  assert.equal(brief(found, { tip }), ['error policy nixsecret.toml tip'])
  assert.match(found.findings[0]?.message ?? '', 'not a regular file')
  const directory = new GuardRepo()
  const start = await directory.begin()
  const dir = directory.commit({ 'nixsecret.toml': null, 'nixsecret.toml/x': policyText() })
  assert.equal(await range(directory, start, { dir }), ['error policy nixsecret.toml dir'])
})

test('names nobody, an unknown name, a key that is none', async () => {
  for (const text of [
    'version = 1\n',
    policyText(['nobody']),
    policyText().replace('age1', 'age2'),
    `${policyText()}colour = "red"\n`,
  ]) {
    const repo = new GuardRepo()
    const base = await repo.begin()
    const tip = repo.commit({ 'nixsecret.toml': text })
    assert.equal(await range(repo, base, { tip }), ['error policy nixsecret.toml tip'], text)
  }
})

test('a repository that has neither attributes nor policy is none of ours', async () => {
  const repo = new GuardRepo()
  repo.commit({ readme: 'x', 'secrets/a': 'x' })
  assert.equal(await range(repo, '0'.repeat(40), {}), [])
  assert.equal(brief(await checkStaged(await repo.open(), repo.options)), [])
})

test('in the index: taken away is an error, left broken a warning', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const staged = async () => brief(await checkStaged(await repo.open(), repo.options))
  repo.stage({ 'nixsecret.toml': null })
  assert.ok((await staged()).includes('error policy nixsecret.toml index'))
  repo.commit({ 'nixsecret.toml': BROKEN })
  repo.stage({ readme: 'x' })
  assert.equal(await staged(), ['warning policy nixsecret.toml index'])
})

test('what it says of itself holds no byte of the file', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'nixsecret.toml': `${policyText()}password = "correct horse\n` })
  const text = JSON.stringify((await checkRevision(await repo.open(), 'HEAD', repo.options)).findings)
  assert.not.match(text, 'correct horse')
})

test.run()
