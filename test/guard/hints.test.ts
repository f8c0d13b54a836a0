import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import { checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import { gitPath, shellPath } from '../../src/guard/shell-path.ts'
import { ATTRIBUTES, GuardRepo, policyText, sealed } from './guard-repo.ts'

async function hints(repo: GuardRepo, range: string): Promise<string[]> {
  const found = await checkRange(await repo.open(), range, repo.options)
  // Who gains what is new-recipient.test.ts'.
  const findings = found.findings.filter(({ rule }) => rule !== 'new-recipient')
  assert.is(findings.length, 1)
  return (findings[0]?.hint ?? '').split('\n')
}

const ADD = ['git nixsecret init', 'git add --renormalize -- secrets/b']

test('the last commit is amended', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  assert.equal(await hints(repo, `${base}..HEAD`), [...ADD, 'git commit --amend --no-edit'])
})

test('an earlier commit is folded into one with what came after; the file is added only if it is still plaintext', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ readme: 'x' })
  const reset = `git reset --soft ${bad.slice(0, 12)}^`
  assert.equal((await hints(repo, `${base}..HEAD`)).slice(1, -1), [reset, ...ADD, 'git commit'])
  repo.commit({ 'secrets/b': await sealed('b') })
  assert.equal((await hints(repo, `${base}..HEAD`)).slice(1, -1), [reset, 'git commit'])
})

/** Runs the command of a hint, as who pastes it would. */
function paste(repo: GuardRepo, line: string): void {
  repo.git(['reset', '-q', '--hard'])
  const shell = spawnSync('sh', ['-c', line.replace(/^#.*?: (?=FILTER_BRANCH_SQUELCH_WARNING=1 git )/, '')], {
    cwd: repo.dir,
    env: repo.box.env,
    encoding: 'utf8',
  })
  assert.is(shell.status, 0, shell.stderr)
}

test('plaintext from before there were attributes: the command takes it out of each commit, and leaves the tip', async () => {
  for (const root of [true, false]) {
    const repo = new GuardRepo()
    const path = "secrets/it's"
    const base = root ? '0'.repeat(40) : repo.commit({ readme: 'x' })
    repo.commit({ [path]: 'hunter2' })
    repo.commit({ readme: 'y' })
    repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), [path]: await sealed('b') })
    const lines = await hints(repo, `${base}..HEAD`)
    const tree = repo.git(['rev-parse', 'HEAD^{tree}'])
    paste(repo, lines.find((line) => line.includes('git filter-branch ')) ?? '')
    if (root) paste(repo, lines.at(-1) ?? '')
    assert.is(repo.git(['for-each-ref', 'refs/original/']), '')
    assert.equal((await checkRange(await repo.open(), `${base}..HEAD`, repo.options)).findings, [])
    assert.is(repo.git(['rev-parse', 'HEAD^{tree}']), tree)
    assert.is(repo.git(['rev-list', '--count', 'HEAD']), root ? '3' : '4')
  }
})

test('the very first commit: mended at the tip, then taken out', async () => {
  const repo = new GuardRepo()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), 'secrets/b': 'hunter2' })
  repo.commit({ readme: 'x' })
  const lines = await hints(repo, `${'0'.repeat(40)}..HEAD`)
  assert.equal(lines.slice(0, 3), [...ADD, 'git commit'])
  assert.match(lines.at(-3) ?? '', /^FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch .* -- HEAD$/)
})

test('to take back all that a commit brought leaves an empty one, which git makes only if told so', async () => {
  for (const path of ['nixsecret.toml', 'secrets/link']) {
    const repo = new GuardRepo()
    const base = await repo.begin()
    const link = { mode: '120000', oid: repo.blob('../readme') }
    repo.commit({ [path]: path === 'secrets/link' ? link : null })
    assert.is((await hints(repo, `${base}..HEAD`)).at(-1), 'git commit --amend --no-edit --allow-empty')
  }
})

test('where the filter is configured, init is no part of it', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.git(['config', 'filter.nixsecret.process', 'git-nixsecret filter-process'])
  repo.commit({ 'secrets/b': 'hunter2' })
  assert.equal(await hints(repo, `${base}..HEAD`), [ADD[1], 'git commit --amend --no-edit'])
})

test('a damaged file comes from the commit before, or is written anew', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const cut = (await sealed('a longer secret')).subarray(0, -30)
  const bad = repo.commit({ 'secrets/a': cut })
  const checkout = `git checkout ${bad.slice(0, 12)}^ -- secrets/a`
  assert.equal(await hints(repo, `${base}..HEAD`), [checkout, 'git commit --amend --no-edit --allow-empty'])
  repo.stage({ 'secrets/new': cut })
  const [staged] = (await checkStaged(await repo.open(), repo.options)).findings.filter(
    ({ path }) => path === 'secrets/new',
  )
  assert.equal(staged?.hint.split('\n').slice(0, 2), [
    '# standard input becomes the secret:',
    'git nixsecret set -- secrets/new',
  ])
})

test('what is judged is not what is checked out: nothing of HEAD is amended', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const tip = repo.commit({ readme: 'x' })
  repo.switchTo('main', bad)
  const lines = await hints(repo, `${base}..${tip}`)
  assert.match(lines[0] ?? '', /^# on a branch that has the commit/)
  assert.not.ok(lines.some((line) => line.includes('--amend')))
})

test('ciphertext for other readers gives nothing away: rekey, pushed or not', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const old = await sealed('b')
  const bad = repo.commit({ 'nixsecret.toml': policyText(['web']), 'secrets/a': null, 'secrets/b': old })
  repo.git(['update-ref', 'refs/remotes/origin/main', bad])
  assert.equal(await hints(repo, `${base}..HEAD`), ['git nixsecret rekey -- secrets/b', 'git commit'])
  repo.commit({ 'secrets/b': await sealed('b', policyText(['web'])) })
  const [later, ...more] = await hints(repo, `${base}..HEAD`)
  assert.match(later ?? '', /^# no tip has this version any more/)
  assert.equal(more, [])
})

test('a commit of another branch: nothing is done to the current one', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.switchTo('topic', base)
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.switchTo('main', base)
  const [first] = await hints(repo, `${base}..topic`)
  assert.is(first, `# on a branch that has the commit (git branch --contains ${bad.slice(0, 12)}):`)
})

test('on a remote already: the secret is changed first, and nothing is rewritten', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.git(['update-ref', 'refs/remotes/origin/main', bad])
  const [first, ...rest] = await hints(repo, `${base}..HEAD`)
  assert.match(first ?? '', /^# already pushed: change the secret itself first/)
  assert.equal(rest, [...ADD, 'git commit'])
})

test('stale readers: rekey; no hint holds a secret', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'nixsecret.toml': policyText(['web']) })
  const found = await checkRevision(await repo.open(), 'HEAD', repo.options)
  assert.match(found.findings[0]?.hint ?? '', /^git nixsecret rekey -- secrets\/a\n/)
})

test('paths in commands are one word, and no pattern', () => {
  for (const [path, shell, git] of [
    ['secrets/a.key', 'secrets/a.key', 'secrets/a.key'],
    ['-n', "'-n'", "'-n'"],
    ["a b'c", "'a b'\\''c'", "'a b'\\''c'"],
    ['$(rm)', "'$(rm)'", "'$(rm)'"],
    ['a*', "'a*'", "':(literal)a*'"],
    [':x', "':x'", "':(literal):x'"],
  ] as const) {
    assert.is(shellPath(textPath(path)), shell)
    assert.is(gitPath(textPath(path)), git)
  }
  assert.is(shellPath('a\xff\n' as BytePath), "$'a\\377\\012'")
})

test.run()
