import { generateKeyPairSync } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckResult } from '../../src/guard/finding.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { brief, GuardRepo, policyText } from './guard-repo.ts'
import { ReceiveRepo } from './receive-repo.ts'

const NOTHING = '0'.repeat(40)

/** A private key that nothing trusts, made for this run. */
function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** What pre-push says of refs that `origin` has not. */
async function pushed(
  repo: GuardRepo,
  refs: Readonly<Record<string, string>>,
  to = ['origin', repo.git(['remote', 'get-url', 'origin'])],
): Promise<CheckResult> {
  const lines = Object.entries(refs).map(([ref, oid]) => `${ref} ${oid} ${ref} ${NOTHING}\n`)
  const [remote = '', url = ''] = to
  return checkPrePush(await repo.open(), Buffer.from(lines.join('')), remote, url, repo.options)
}

function withRemote(): GuardRepo {
  const repo = new GuardRepo()
  const remote = repo.box.path('remote.git')
  repo.git(['init', '-q', '--bare', remote])
  repo.git(['remote', 'add', 'origin', remote])
  return repo
}

test('a key in the policy and in a file of attributes, which are never encrypted', async () => {
  const repo = withRemote()
  await repo.begin()
  const key = newKey()
  const commented = key.replace(/^/gm, '# ')
  const bad = repo.commit({
    'nixsecret.toml': `${policyText()}${commented}`,
    'sub/.gitattributes': commented,
  })
  assert.equal(brief(await pushed(repo, { 'refs/heads/main': bad }), { bad }), [
    'error private-key nixsecret.toml bad',
    'error private-key sub/.gitattributes bad',
  ])
})

test('a tag that names a tree: its files are read, and it allows nothing', async () => {
  const repo = withRemote()
  await repo.begin()
  const key = newKey()
  const bad = repo.commit({ key })
  repo.commit({ key: null })
  const allow = '[[check.allow]]\nrule = "private-key"\npaths = ["**"]\nreason = "none of these matter"\n'
  repo.stage({ 'nixsecret.toml': `${policyText()}${allow}`, other: `${key}\n` })
  const tree = repo.git(['write-tree'])
  const found = await pushed(repo, {
    'refs/heads/main': repo.git(['rev-parse', 'HEAD']),
    'refs/tags/t': tree,
  })
  assert.equal(brief(found, { bad, tree }), ['error private-key key bad', 'error private-key other tree'])
  assert.is(found.silenced, 0)
})

test('a server reads the files of a tag that names a tree', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.stage({ key: newKey() })
  repo.git(['tag', 'inner', repo.git(['write-tree']), '-a', '-m', 'x'])
  repo.git(['tag', 'outer', 'inner', '-a', '-m', 'x'])
  await repo.refuses(['outer'], /error key:1:1 .*\[private-key\]/)
})

test('a remote that is another repository by now is asked what it has', async () => {
  const repo = withRemote()
  await repo.begin()
  const key = newKey()
  const bad = repo.commit({ key })
  const tip = repo.commit({ key: null })
  repo.git(['push', '-q', '--no-verify', 'origin', 'main'])
  const other = repo.box.path('public.git')
  repo.git(['init', '-q', '--bare', other])
  repo.git(['remote', 'set-url', 'origin', other])
  assert.equal(brief(await pushed(repo, { 'refs/heads/main': tip }), { bad }), ['error private-key key bad'])
  repo.git(['remote', 'set-url', 'origin', repo.box.path('gone.git')])
  assert.equal(brief(await pushed(repo, { 'refs/heads/main': tip }), { bad }), ['error private-key key bad'])
})

test('a branch that the remote has deleted: what it has otherwise is no news to it', async () => {
  const repo = withRemote()
  await repo.begin()
  const key = newKey()
  repo.commit({ key })
  const main = repo.commit({ key: null })
  repo.switchTo('topic', main)
  const topic = repo.commit({ readme: 'x' })
  repo.git(['push', '-q', '--no-verify', 'origin', 'main', 'topic'])
  repo.git(['update-ref', '-d', 'refs/heads/topic'], { cwd: repo.box.path('remote.git') })
  const found = await pushed(repo, { 'refs/heads/topic': topic })
  assert.equal(brief(found), [])
  assert.is(found.looked.commits, 1)
})

test('the edge of a shallow clone that is pushed elsewhere brings all that is in it', async () => {
  const repo = withRemote()
  await repo.begin()
  const bad = repo.commit({ key: newKey() })
  const clone = repo.box.path('shallow')
  repo.git(['clone', '-q', '--depth=1', `file://${repo.dir}`, clone], { cwd: repo.box.dir })
  const { openRepository } = await import('../../src/git/repository.ts')
  const input = Buffer.from(`refs/heads/main ${bad} refs/heads/main ${NOTHING}\n`)
  const url = 'https://example.org/other'
  const options = { cwd: clone, env: repo.box.env }
  const found = await checkPrePush(await openRepository(clone), input, url, url, options)
  assert.equal(brief(found, { bad }), ['error private-key key bad'])
})

test('a commit that only seems to have a parent is no edge', async () => {
  const repo = withRemote()
  await repo.begin()
  repo.stage({ key: newKey() })
  const tree = repo.git(['write-tree'])
  const who = 'a <a@example.org> 1 +0000'
  const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\nparent ${'1'.repeat(40)}\n\nx\n`
  const bad = repo.git(['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], { input: text })
  const found = await pushed(repo, { 'refs/heads/bad': bad })
  assert.equal(brief(found, { bad }), ['error private-key key bad'])
  assert.is(found.looked.cutOff, undefined)
})

test('a comment that one of the tips has and another has not', async () => {
  const repo = withRemote()
  const base = await repo.begin()
  const leak = (comment: string) => `{\n${comment}\n  services.x.password = "xK9fP2mQ7vL4wR8t";\n}\n`
  const comment = '  # nixsecret: allow nix-inline-secret: of the test machine'
  repo.switchTo('one', base)
  const one = repo.commit({ 'a.nix': leak(comment) })
  repo.switchTo('two', one)
  const two = repo.commit({ 'a.nix': leak('') })
  const alone = await pushed(repo, { 'refs/heads/one': one })
  assert.equal([alone.findings.length, alone.silenced], [0, 1])
  const both = await pushed(repo, { 'refs/heads/one': one, 'refs/heads/two': two })
  assert.equal(brief(both, { one }), ['error nix-inline-secret a.nix one'])
})

test.run()
