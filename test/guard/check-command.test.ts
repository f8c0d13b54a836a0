import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

function check(
  repo: GuardRepo,
  args: string[],
  { cwd = repo.dir, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
) {
  return repo.box.run('git-nixsecret', ['check', ...args], { cwd, env })
}

test('exit codes, text and summary', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const clean = await check(repo, [])
  assert.equal([clean.code, clean.out], [0, ''])
  assert.match(clean.stderr, 'nothing found (2 protected blobs and 2 other files of 1 commit looked at)')
  const bad = repo.commit({ 'secrets/b\n\x1b[31m': 'hunter2' })
  const found = await check(repo, ['--range', `${base}..HEAD`])
  assert.is(found.code, 1)
  assert.match(found.out, `error "secrets/b\\n\\033[31m" in ${bad.slice(0, 12)} [plaintext-blob]`)
  assert.match(found.out, 'git commit --amend --no-edit')
  assert.not.match(found.out, '\x1b')
  assert.not.match(found.out, 'hunter2')
  assert.match(found.stderr, '1 error (2 protected blobs of 1 commit')
})

test('below the top of the repository: where the commands of the hints are to be run', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  mkdirSync(join(repo.dir, 'below'))
  const below = await check(repo, [], { cwd: join(repo.dir, 'below') })
  assert.match(below.stderr, /^hint: cd "\$\(git rev-parse --show-toplevel\)"/m)
  for (const other of [check(repo, []), check(repo, ['--json'], { cwd: join(repo.dir, 'below') })])
    assert.not.match((await other).stderr, 'hint: cd')
})

test('without an option: the index and HEAD, each finding once', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  repo.stage({ 'secrets/c': 'hunter3' })
  const { findings } = JSON.parse((await check(repo, ['--json'])).out)
  assert.equal(
    brief({
      findings,
      silenced: 0,
      problems: [],
      looked: { commits: 0, blobs: 0, files: 0, byName: false, leftOut: false },
    }),
    ['error plaintext-blob secrets/b ?', 'error plaintext-blob secrets/c index'],
  )
  assert.is((await check(repo, ['--staged'])).code, 1)
  assert.is((await check(repo, ['--rev', 'HEAD~1'])).code, 0)
  assert.is((await check(repo, ['--all'])).code, 1)
})

test('a warning or note is no reason to fail', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'secrets/b': await sealed('b', policyText(), true) })
  const found = await check(repo, ['--rev', 'HEAD'])
  assert.is(found.code, 0)
  assert.match(found.out, '[no-digest]')
})

test('JSON has every field', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const bad = repo.commit({
    'secrets/\xff': 'hunter2',
    'secrets/ü': null,
    'nixsecret.toml': `${policyText()}\n[oops`,
  })
  const found = await check(repo, ['--rev', 'HEAD', '--format', 'json'])
  const report = JSON.parse(found.out)
  assert.equal(Object.keys(report), ['findings', 'silenced'])
  const plain = report.findings.find((f: { rule: string }) => f.rule === 'plaintext-blob')
  assert.equal(Object.keys(plain), [
    'rule',
    'severity',
    'commit',
    'path',
    'line',
    'column',
    'message',
    'hint',
  ])
  assert.equal([plain.commit, plain.path, plain.line], [bad, '"secrets/\\377"', null])
  const policy = report.findings.find((f: { rule: string }) => f.rule === 'policy')
  assert.is(policy.line, 8)
})

test('faults and wrong usage never look like an all-clear', async () => {
  const repo = new GuardRepo()
  for (const args of [
    ['--format', 'xml'],
    ['--json', '--format', 'text'],
    ['--staged', '--all'],
    ['--range', 'HEAD'],
    ['--range', 'a..b'],
    ['--rev', 'nothing'],
    ['--bogus'],
    ['secrets/a'],
  ]) {
    const result = await check(repo, args)
    assert.equal([result.code, result.out], [2, ''], args.join(' '))
    assert.match(result.stderr, /^git-nixsecret: error: /)
  }
  const empty = await check(repo, [])
  assert.is(empty.code, 0)
})

test('a subdirectory and a bare repository', async () => {
  const repo = new GuardRepo(['--bare'])
  await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  const found = await check(repo, [])
  assert.is(found.code, 1)
  assert.match(found.out, 'secrets/b')
})

test('colour only where it is wanted', async () => {
  const repo = new GuardRepo()
  repo.stage({ '.gitattributes': '* filter=nixsecret', 'nixsecret.toml': policyText(), a: 'x' })
  assert.match((await check(repo, ['--staged'], { env: { FORCE_COLOR: '1' } })).out, '\x1b[31merror')
  assert.not.match(
    (await check(repo, ['--staged'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).out,
    '\x1b',
  )
})

test.run()
