import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { enarmor } from '../../src/age/armor.ts'
import { checkRange, checkRevision } from '../../src/guard/check.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

const BOTH = policyText(['alice', 'web'])

async function range(repo: GuardRepo, from: string, names: Record<string, string>) {
  const result = await checkRange(await repo.open(), `${from}..HEAD`, repo.options)
  // Who gains what is new-recipient.test.ts'.
  return brief({ ...result, findings: result.findings.filter(({ rule }) => rule !== 'new-recipient') }, names)
}

test('sealed for the right readers, binary and armored', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const both = await sealed('b', BOTH)
  repo.commit({ 'nixsecret.toml': BOTH, 'secrets/a': both, 'secrets/armored': enarmor(both) })
  assert.equal(await range(repo, base, {}), [])
})

test('sealed for others at the tip is an error', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const tip = repo.commit({ 'nixsecret.toml': BOTH })
  assert.equal(await range(repo, base, { tip }), ['error stale-recipients secrets/a tip'])
})

test('a policy commit before its rekey is a note', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const added = repo.commit({ 'nixsecret.toml': BOTH })
  repo.commit({ 'secrets/a': await sealed('a', BOTH) })
  assert.equal(await range(repo, base, { added }), ['note stale-recipients secrets/a added'])
})

test('a commit that brings it in is an error, even if mended later', async () => {
  const repo = new GuardRepo()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': BOTH })
  const base = repo.git(['rev-parse', 'HEAD'])
  const bad = repo.commit({ 'secrets/b': await sealed('b') })
  repo.commit({ 'secrets/b': await sealed('b', BOTH) })
  assert.equal(await range(repo, base, { bad }), ['error stale-recipients secrets/b bad'])
})

test('a clean merge that is stale: a note, and an error while it is the tip', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const reader = repo.commit({ 'nixsecret.toml': BOTH, 'secrets/a': await sealed('a', BOTH) })
  repo.switchTo('other', base)
  const edited = await sealed('new')
  const edit = repo.commit({ 'secrets/b': edited })
  const merge = repo.commit({ 'nixsecret.toml': BOTH, 'secrets/a': await sealed('a', BOTH) }, [reader, edit])
  assert.equal(await range(repo, base, { merge }), ['error stale-recipients secrets/b merge'])
  repo.commit({ 'secrets/b': await sealed('new', BOTH) })
  assert.equal(await range(repo, base, { merge }), ['note stale-recipients secrets/b merge'])
})

test('age files of other tools: a warning', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({ 'secrets/b': await sealed('b', policyText(), true) })
  const found = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  assert.equal(brief(found), ['warning no-digest secrets/b ?'])
})

test('no policy, one that does not parse, one that is a symlink, one that names nobody', async () => {
  const cases: [Parameters<GuardRepo['commit']>[0], RegExp, number | null][] = [
    [{}, /no nixsecret\.toml/, null],
    [{ 'nixsecret.toml': `${policyText()}\n[oops\n` }, /^nixsecret\.toml:\d+: /, 8],
    [{ 'nixsecret.toml': `<<<<<<< ours\n${policyText()}` }, /nixsecret\.toml:1: /, 1],
    [{ 'nixsecret.toml': policyText().replace(/\[default\][\s\S]*/, '') }, /names no reader/, null],
  ]
  for (const [files, message, line] of cases) {
    const repo = new GuardRepo()
    const base = repo.commit({ '.gitattributes': ATTRIBUTES, readme: 'x' })
    const bad = repo.commit({ ...files, 'secrets/a': await sealed('a') })
    const found = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
    assert.equal(brief(found, { bad }), ['error policy nixsecret.toml bad'])
    assert.match(found.findings[0]?.message ?? '', message)
    assert.is(found.findings[0]?.line, line, String(message))
  }
  const repo = new GuardRepo()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'secrets/a': await sealed('a') })
  repo.commit({ 'nixsecret.toml': { mode: '120000', oid: repo.blob('/etc/policy') } })
  const found = await checkRevision(await repo.open(), 'HEAD', repo.options)
  assert.match(found.findings[0]?.message ?? '', /not a regular file/)
})

test('a policy that was broken for one commit', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const broken = repo.commit({ 'nixsecret.toml': 'version = ' })
  repo.commit({ 'nixsecret.toml': policyText() })
  assert.equal(await range(repo, base, { broken }), ['error policy nixsecret.toml broken'])
})

test('large blobs are judged by their header', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const big = await sealed('x'.repeat(3 << 20))
  repo.commit({ 'secrets/big': big, 'secrets/bigger': enarmor(big), 'secrets/plain': 'x'.repeat(3 << 20) })
  assert.equal(await range(repo, base, {}), ['error plaintext-blob secrets/plain ?'])
})

test.run()
