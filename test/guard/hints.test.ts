import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import { checkRange, checkRevision } from '../../src/guard/check.ts'
import { gitPath, shellPath } from '../../src/guard/shell-path.ts'
import { ATTRIBUTES, GuardRepo, policyText, sealed } from './guard-repo.ts'

async function hints(repo: GuardRepo, range: string): Promise<string[]> {
  const found = await checkRange(await repo.open(), range, repo.options)
  assert.is(found.findings.length, 1)
  return (found.findings[0]?.hint ?? '').split('\n')
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
  assert.equal((await hints(repo, `${base}..HEAD`)).slice(1), [reset, ...ADD, 'git commit'])
  repo.commit({ 'secrets/b': await sealed('b') })
  assert.equal((await hints(repo, `${base}..HEAD`)).slice(1), [reset, 'git commit'])
})

test('the very first commit', async () => {
  const repo = new GuardRepo()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), 'secrets/b': 'hunter2' })
  repo.commit({ readme: 'x' })
  assert.ok((await hints(repo, `${'0'.repeat(40)}..HEAD`)).includes('git rebase -i --root'))
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
