import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckResult } from '../../src/guard/finding.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { parsePrePush } from '../../src/guard/pushed-refs.ts'
import { sameRepository } from '../../src/guard/remote-tips.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

/** A repository with a bare remote; `push` gives what our hook would say to what the real git hands it. */
class Pusher extends GuardRepo {
  readonly remote: string

  constructor() {
    super()
    this.remote = this.box.path('remote.git')
    this.git(['init', '-q', '--bare', this.remote])
    this.git(['remote', 'add', 'origin', this.remote])
    this.box.write(
      `${this.dir}/.git/hooks/pre-push`,
      '#!/bin/sh\nprintf "%s\\n%s" "$1" "$2" >"$GIT_DIR/push-args"\ncat >"$GIT_DIR/push-input"\n',
      0o755,
    )
  }

  async push(...args: string[]): Promise<CheckResult> {
    this.box.write(`${this.dir}/.git/push-input`, '')
    this.git(['push', '-q', '--dry-run', ...args], { env: { GIT_DIR: `${this.dir}/.git` } })
    const [remote = '', url = ''] = readFileSync(`${this.dir}/.git/push-args`, 'utf8').split('\n')
    const input = readFileSync(`${this.dir}/.git/push-input`)
    return checkPrePush(await this.open(), input, remote, url, this.options)
  }

  send(...args: string[]): void {
    this.git(['push', '-q', '--no-verify', ...args])
  }
}

async function started(): Promise<{ repo: Pusher; base: string }> {
  const repo = new Pusher()
  const base = await repo.begin()
  repo.send('-u', 'origin', 'main')
  return { repo, base }
}

test('the first push to an empty remote: everything', async () => {
  const repo = new Pusher()
  await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': null })
  const found = await repo.push('origin', 'main')
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(found.looked.commits, 3)
})

test('a fast forward: what is new', async () => {
  const { repo } = await started()
  repo.commit({ 'secrets/b': await sealed('b') })
  const clean = await repo.push('origin', 'main')
  assert.equal(clean.findings, [])
  assert.is(clean.looked.commits, 1)
  const bad = repo.commit({ 'secrets/c': 'hunter2' })
  repo.commit({ 'secrets/c': null })
  const found = await repo.push('origin', 'main')
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/c bad'])
  assert.is(found.looked.commits, 3)
})

test('nothing to push, and a deletion', async () => {
  const { repo, base } = await started()
  assert.equal((await repo.push('origin', 'main')).findings, [])
  repo.send('origin', 'main:refs/heads/old')
  repo.commit({ 'secrets/b': 'hunter2' })
  const found = await repo.push('origin', ':old')
  assert.equal([found.findings.length, found.looked.commits], [0, 0])
  assert.equal(brief(await repo.push('origin', `${base}:refs/heads/again`)), [])
})

test('a new branch: commits that the remote has are not looked at again', async () => {
  const { repo, base } = await started()
  repo.switchTo('topic', base)
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const found = await repo.push('origin', 'topic')
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(found.looked.commits, 1)
  assert.match(found.findings[0]?.hint ?? '', 'commit --amend')
})

test('plaintext that the remote has long had, removed now', async () => {
  const { repo } = await started()
  repo.commit({ 'secrets/b': 'hunter2' })
  repo.send('origin', 'main')
  repo.commit({ 'secrets/b': await sealed('b') })
  assert.equal(brief(await repo.push('origin', 'main')), [])
})

test('a force push over a known tip, and over one that is not here', async () => {
  const { repo, base } = await started()
  repo.commit({ one: '1' })
  repo.send('origin', 'main')
  repo.switchTo('main', base)
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const known = await repo.push('--force', 'origin', 'main')
  assert.equal(brief(known, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(known.looked.commits, 1)
  const other = new GuardRepo([], repo.box, 'other')
  other.git(['fetch', '-q', repo.remote, 'main'])
  other.switchTo('main', other.git(['rev-parse', 'FETCH_HEAD']))
  other.commit({ theirs: 'x' })
  other.git(['push', '-q', repo.remote, 'main'])
  const unknown = await repo.push('--force', 'origin', 'main')
  assert.equal(brief(unknown, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(unknown.looked.commits, 2)
})

test('tags: light, annotated, of a tag, of a tree, of a file', async () => {
  const { repo, base } = await started()
  repo.git(['symbolic-ref', 'HEAD', 'refs/heads/side'])
  const bad = repo.commit({ 'secrets/b': 'hunter2' }, [base])
  repo.git(['tag', 'light', bad])
  repo.git(['tag', '-a', '-m', 'x', 'annotated', bad])
  repo.git(['tag', '-a', '-m', 'x', 'twice', 'annotated'])
  for (const tag of ['light', 'annotated', 'twice'])
    assert.equal(brief(await repo.push('origin', tag), { bad }), ['error plaintext-blob secrets/b bad'], tag)
  const tree = repo.git(['rev-parse', `${bad}^{tree}`])
  repo.git(['tag', 'tree', tree])
  repo.git(['tag', '-a', '-m', 'x', 'tree-tag', tree])
  for (const tag of ['tree', 'tree-tag'])
    assert.equal(
      brief(await repo.push('origin', tag), { tree }),
      ['error plaintext-blob secrets/b tree'],
      tag,
    )
  repo.git(['tag', 'key', repo.blob('-----BEGIN PGP PUBLIC KEY BLOCK-----')])
  repo.git(['tag', 'cipher', repo.blob(await sealed('b'))])
  assert.equal(brief(await repo.push('origin', 'key')), ['error loose-object refs/tags/key index'])
  assert.equal(brief(await repo.push('origin', 'cipher')), [])
})

test('several refs at once', async () => {
  const { repo, base } = await started()
  const one = repo.commit({ 'secrets/b': 'hunter2' })
  repo.switchTo('topic', base)
  const two = repo.commit({ 'secrets/c': 'hunter3' })
  repo.git(['tag', '-a', '-m', 'x', 'v1', base])
  repo.send('origin', 'main~1:refs/heads/gone')
  const found = await repo.push('origin', 'main', 'topic', 'v1', ':gone')
  assert.equal(brief(found, { one, two }), [
    'error plaintext-blob secrets/b one',
    'error plaintext-blob secrets/c two',
  ])
  assert.is(found.looked.commits, 3)
})

test('a push to a URL and to a remote that was never fetched: all that the remote does not say it has', async () => {
  const { repo } = await started()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': null })
  const fresh = repo.box.path('fresh.git')
  repo.git(['init', '-q', '--bare', fresh])
  assert.is((await repo.push(fresh, 'main')).looked.commits, 3)
  repo.git(['remote', 'add', 'fresh', fresh])
  assert.is((await repo.push('fresh', 'main')).looked.commits, 3)
  const existing = await repo.push(repo.remote, 'main')
  assert.equal(brief(existing, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(existing.looked.commits, 2)
})

test('a remote that pushes elsewhere than it fetches: tracking refs say nothing of it', async () => {
  const { repo } = await started()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': null })
  repo.send('origin', 'main')
  assert.is((await repo.push('origin', 'main:refs/heads/new')).looked.commits, 1)
  const fork = repo.box.path('fork.git')
  repo.git(['init', '-q', '--bare', fork])
  repo.git(['remote', 'set-url', '--push', 'origin', fork])
  assert.equal(brief(await repo.push('origin', 'main'), { bad }), ['error plaintext-blob secrets/b bad'])
})

test('tracking refs of a remote whose name begins with this one', async () => {
  const { repo } = await started()
  repo.git(['remote', 'add', 'origin/fork', '/nowhere'])
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const tip = repo.commit({ 'secrets/b': null })
  repo.git(['update-ref', 'refs/remotes/origin/fork/main', tip])
  const found = await repo.push('origin', 'main')
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
})

test('a tip that is on the remote already is judged all the same', async () => {
  const repo = new Pusher()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), 'secrets/b': 'hunter2' })
  const tip = repo.commit({ readme: 'x' })
  repo.send('-u', 'origin', 'main')
  const found = await repo.push('origin', 'main:refs/heads/copy')
  assert.equal(brief(found, { tip }), ['error plaintext-blob secrets/b tip'])
  assert.match(found.findings[0]?.hint ?? '', /^# already pushed/)
})

test('a commit that is not here, and input that is not from git', async () => {
  const { repo } = await started()
  const opened = await repo.open()
  const zeros = '0'.repeat(40)
  const refuses = async (input: string, code: string) => {
    try {
      await checkPrePush(opened, Buffer.from(input), 'origin', repo.remote, repo.options)
      assert.unreachable(input)
    } catch (error) {
      assert.is((error as { code?: string }).code, code, input)
    }
  }
  await refuses(`refs/heads/x ${'1'.repeat(40)} refs/heads/x ${zeros}\n`, 'missing')
  await refuses('refs/heads/x\n', 'refused')
  await refuses(`\nrefs/heads/x ${zeros} refs/heads/x ${zeros}\n`, 'refused')
  await refuses(`refs/heads/x ${zeros.slice(1)} refs/heads/x ${zeros}\n`, 'refused')
  assert.equal(parsePrePush(Buffer.from(`:/fix this ${zeros} refs/heads/x ${zeros}`)), [
    { localRef: ':/fix this', localOid: zeros, remoteRef: 'refs/heads/x', remoteOid: zeros },
  ])
})

test('URLs of one repository', () => {
  for (const [one, other, same] of [
    ['https://example.org/a/b.git', 'git@example.org:a/b', true],
    ['ssh://git@example.org:2222/a/b', 'https://user:x@EXAMPLE.org/a/b/', true],
    ['file:///srv/a.git', '/srv/a', true],
    ['https://example.org/a/b', 'https://example.org/c/b', false],
    ['https://example.org/a/b', 'https://example.com/a/b', false],
    ['/srv/a', '/srv/b', false],
    ['ssh://git@localhost:22/a', 'ssh://git@localhost:23/a', false],
    ['https://example.org/srv/a', '/srv/a', false],
    ['git@github.com:a/b', 'git@gitlab.com:a/b', false],
  ] as const)
    assert.is(sameRepository(one, other), same, `${one} ${other}`)
})

test.run()
