import { readFileSync, rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openRepository } from '../../src/git/repository.ts'
import { checkAll, checkRange, checkRevision } from '../../src/guard/check.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { KEY } from './files-repo.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

/** A repository that lets others leave blobs out, and a clone that does; what the clone fetches is counted. */
class Promised extends GuardRepo {
  readonly clone: string

  constructor() {
    super()
    this.clone = this.box.path('clone')
    this.git(['config', 'uploadpack.allowFilter', 'true'])
    this.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
    const count = this.box.path('fetches')
    this.box.write('fetches', '')
    this.box.write('upload-pack', `#!/bin/sh\necho x >>'${count}'\nexec git-upload-pack "$@"\n`, 0o755)
  }

  /** Clones what there is now, with no blob at all. */
  async start(): Promise<void> {
    const program = this.box.path('upload-pack')
    const args = ['-q', '--no-checkout', '--filter=blob:none', `--upload-pack=${program}`]
    this.git(['clone', ...args, `file://${this.dir}`, this.clone], { cwd: this.box.dir })
    this.git(['config', 'remote.origin.uploadpack', program], { cwd: this.clone })
    this.box.write('fetches', '')
  }

  get there() {
    return { cwd: this.clone, env: this.box.env }
  }

  async opened() {
    return openRepository(this.clone)
  }

  fetches(): number {
    return readFileSync(this.box.path('fetches'), 'utf8').length / 2
  }

  /** Whether the clone has the blob that HEAD has at a path. */
  has(path: string, revision = 'HEAD'): boolean {
    const oid = this.git(['rev-parse', `${revision}:${path}`])
    const list = ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname)']
    return this.git(list, { cwd: this.clone }).split('\n').includes(oid)
  }
}

/** A history with twenty secrets in twenty commits, one of them plaintext, and files that nothing protects. */
async function history(): Promise<{ repo: Promised; base: string; bad: string }> {
  const repo = new Promised()
  const base = await repo.begin()
  for (let i = 0; i < 20; i++)
    repo.commit({ [`secrets/${i}`]: await sealed(`${i}`), [`data${i}`]: `data ${i}` })
  const bad = repo.commit({ 'secrets/b': 'hunter2', large: 'unprotected', 'host.nix': '{ }\n' })
  return { repo, base, bad }
}

test('protected blobs come in one fetch, and what its name clears does not come', async () => {
  const { repo, base, bad } = await history()
  const want = ['error plaintext-blob secrets/b bad']
  for (const check of [
    async () => checkRange(await repo.opened(), `${base}..HEAD`, repo.there),
    async () => checkRevision(await repo.opened(), 'HEAD', repo.there),
    async () => checkAll(await repo.opened(), repo.there),
  ]) {
    rmSync(repo.clone, { recursive: true, force: true })
    await repo.start()
    const found: CheckResult = await check()
    assert.equal(brief(found, { bad }), want)
    // Attributes and policy; secrets; content whose name does not clear it.
    assert.ok(repo.fetches() <= 3, `${repo.fetches()} fetches`)
    assert.ok(repo.has('secrets/5'))
    assert.not.ok(repo.has('large'))
    assert.not.ok(repo.has('data3'))
    assert.ok(found.looked.leftOut)
    const again = repo.fetches()
    assert.equal(brief(await check(), { bad }), want)
    assert.is(repo.fetches(), again)
  }
})

test('content that is not here is fetched where its name speaks for secrets', async () => {
  const { repo, bad } = await history()
  repo.commit({ 'web.nix': '{\n  users.users.a.password = "correct horse";\n}\n', id_rsa: KEY })
  await repo.start()
  const { findings } = await checkRange(await repo.opened(), `${bad}..HEAD`, repo.there)
  assert.equal(findings.map(({ rule, path }) => `${rule} ${path}`).sort(), [
    'nix-inline-secret web.nix',
    'plaintext-blob secrets/b',
    'private-key id_rsa',
  ])
  assert.ok(repo.fetches() <= 3, `${repo.fetches()} fetches`)
})

test('attributes that changed in many commits come with few fetches', async () => {
  const repo = new Promised()
  await repo.begin()
  for (let i = 0; i < 30; i++)
    repo.commit({ '.gitattributes': `${ATTRIBUTES}# ${i}\n`, 'nixsecret.toml': `${policyText()}# ${i}\n` })
  await repo.start()
  assert.equal(brief(await checkAll(await repo.opened(), repo.there)), [])
  assert.ok(repo.fetches() <= 3, `${repo.fetches()} fetches`)
})

test('a push to the repository that promised the rest fetches what is protected; to another, what is sent as well', async () => {
  const { repo } = await history()
  const leak = repo.commit({ notes: KEY, 'secrets/b': null })
  await repo.start()
  const zeros = '0'.repeat(40)
  const push = async (url: string, name: string, old = zeros) =>
    brief(
      await checkPrePush(
        await repo.opened(),
        Buffer.from(`refs/heads/main ${leak} refs/heads/main ${old}\n`),
        name,
        url,
        repo.there,
      ),
      { leak },
    )
  // The key in `notes` is there already: it came from there.
  assert.equal(await push(`file://${repo.dir}`, 'origin', `${leak}`), [])
  assert.not.ok(repo.has('notes'))
  const other = repo.box.path('other.git')
  repo.git(['init', '-q', '--bare', other])
  const before = repo.fetches()
  const found = await push(other, other)
  assert.ok(found.includes('error private-key notes leak'), String(found))
  assert.ok(repo.has('notes'))
  assert.ok(repo.fetches() - before <= 3, `${repo.fetches() - before} fetches`)
  // And git itself does send it there.
  repo.git(['push', '-q', '--no-verify', other, 'main'], { cwd: repo.clone })
  assert.is(repo.git(['cat-file', 'blob', 'main:notes'], { cwd: other }), KEY.trimEnd())
})

test('a remote that does not give what must be judged is a fault, never an all-clear', async () => {
  const { repo, base } = await history()
  await repo.start()
  repo.git(['config', 'remote.origin.url', `file://${repo.box.path('nowhere')}`], { cwd: repo.clone })
  let code = 'no fault'
  try {
    await checkRange(await repo.opened(), `${base}..HEAD`, repo.there)
  } catch (error) {
    code = (error as { code: string }).code
  }
  assert.match(code, /^(missing|git)$/)
})

test('a Nix option that names a file fetches just that file', async () => {
  const repo = new Promised()
  const base = await repo.begin()
  repo.commit({ 'web.nix': '{ services.x.passwordFile = ./token; }\n', token: 'hunter2\n', other: 'x\n' })
  await repo.start()
  const { findings } = await checkRange(await repo.opened(), `${base}..HEAD`, repo.there)
  assert.equal(
    findings.map(({ rule, path }) => `${rule} ${path}`),
    ['nix-plaintext-file web.nix'],
  )
  assert.not.ok(repo.has('other'))
})

test('a whole clone in which an unprotected file is missing is damaged: a fault', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({ plain: 'x' })
  const oid = repo.git(['rev-parse', 'HEAD:plain'])
  rmSync(`${repo.dir}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`)
  let code = 'no fault'
  try {
    await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  } catch (error) {
    code = (error as { code: string }).code
  }
  assert.is(code, 'missing')
})

test.run()
