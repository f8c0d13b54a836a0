import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Person, startRepository } from '../support/story.ts'
import { ATTRIBUTES, policyText, sealed } from './guard-repo.ts'
import { ReceiveRepo } from './receive-repo.ts'

const test = suite('receive')
const PLAIN = /remote: error secrets\/b in [0-9a-f]{12} \[plaintext-blob\]/

test('a client that knows nothing of us: plaintext is refused and not kept, ciphertext passes', async () => {
  const { repo, base } = await ReceiveRepo.started()
  // Not even on the server's PATH: the hook goes by what init saw.
  const env = { PATH: '/usr/bin:/bin' }
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const refused = await repo.refuses(['main'], PLAIN, { env })
  assert.match(refused.stderr, /remote: .*error: this push is refused, all of it/)
  assert.not.match(refused.stderr, /hunter2/)
  const blob = repo.git(['rev-parse', `${bad}:secrets/b`])
  assert.is((await repo.box.run('git', ['cat-file', '-e', blob], { cwd: repo.server })).code, 1)
  repo.switchTo('main', base)
  repo.commit({ 'secrets/b': await sealed('b') })
  const passed = await repo.takes('main')
  assert.not.match(passed.stderr, /remote:/)
})

test('the first push: every commit of it', async () => {
  const repo = await ReceiveRepo.make()
  await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': await sealed('b') })
  await repo.refuses(['main'], PLAIN)
})

test('a person with hooks who says --no-verify, twice', async () => {
  const person = await Person.create('alice')
  const dir = await startRepository(person)
  const server = person.box.path('server.git')
  await person.git(person.box.dir, 'init', '-q', '--bare', server)
  await person.git(server, 'nixsecret', 'init', '--server')
  await person.git(dir, 'remote', 'add', 'origin', server)
  await person.git(dir, 'push', '-q', 'origin', 'main')
  const oid = (
    await person.box.ok('git', ['hash-object', '-w', '--stdin'], { cwd: dir, input: 'plain' })
  ).trim()
  await person.git(dir, 'update-index', '--add', '--cacheinfo', `100644,${oid},secrets/b`)
  await person.git(dir, 'commit', '-q', '--no-verify', '-m', 'x')
  assert.match((await person.tryGit(dir, 'push', 'origin', 'main')).stderr, /pre-push stopped the push/)
  const forced = await person.tryGit(dir, 'push', '--no-verify', 'origin', 'main')
  assert.is(forced.code, 1)
  assert.match(forced.stderr, PLAIN)
  assert.not.match(forced.stderr, /--no-verify/)
  assert.is((await person.git(server, 'rev-list', '--count', '--all')).trim(), '1')
})

test('deletion and creation in one push, and deletion alone', async () => {
  const { repo, base } = await ReceiveRepo.started()
  await repo.takes('main:old')
  repo.commit({ 'secrets/b': 'hunter2' })
  await repo.refuses([':old', 'main:new'], PLAIN)
  repo.switchTo('main', base)
  repo.commit({ readme: 'x' })
  await repo.takes(':old', 'main:new')
  await repo.takes(':new')
  assert.is(repo.stored().refs, `refs/heads/main ${base}`)
})

test('a force push brings what no ref has', async () => {
  const { repo, base } = await ReceiveRepo.started()
  repo.commit({ readme: 'one' })
  await repo.takes('main')
  repo.switchTo('main', base)
  repo.commit({ 'secrets/b': 'hunter2' })
  await repo.refuses(['--force', 'main'], PLAIN)
  repo.switchTo('main', base)
  repo.commit({ readme: 'two' })
  await repo.takes('--force', 'main')
})

test('tags: light, annotated, of a tag, of a tree, of a file', async () => {
  const { repo, base } = await ReceiveRepo.started()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.git(['tag', 'light', bad])
  repo.git(['tag', '-a', '-m', 'x', 'annotated', bad])
  repo.git(['tag', '-a', '-m', 'x', 'twice', 'annotated'])
  repo.git(['tag', 'tree', `${bad}^{tree}`])
  repo.git(['tag', '-a', '-m', 'x', 'tree-tag', `${bad}^{tree}`])
  for (const tag of ['light', 'annotated', 'twice', 'tree', 'tree-tag']) await repo.refuses([tag], PLAIN)
  repo.git(['tag', 'file', repo.blob('hunter2')])
  repo.git(['tag', 'cipher', repo.blob(await sealed('b'))])
  const loose = await repo.refuses(['file'], /\[loose-object\]/)
  assert.match(loose.stderr, /put it into a commit, at a path/)
  repo.git(['config', 'nixsecret.allow', 'loose-object /refs/tags/other'], { cwd: repo.server })
  await repo.refuses(['file'], /\[loose-object\]/)
  repo.git(['config', 'nixsecret.allow', 'loose-object /refs/tags/file # a public key'], { cwd: repo.server })
  await repo.takes('file')
  repo.git(['tag', '-a', '-m', 'x', 'good', base])
  await repo.takes('cipher', 'good')
})

test('a good branch and a bad one: neither', async () => {
  const { repo, base } = await ReceiveRepo.started()
  repo.commit({ 'secrets/b': 'hunter2' })
  repo.git(['branch', 'good', base])
  await repo.refuses(['good', 'main'], PLAIN)
  await repo.takes('good')
})

test('what the server has already is not judged again, its new tips are', async () => {
  const repo = await ReceiveRepo.make()
  await repo.begin()
  repo.commit({ 'secrets/b': 'hunter2' })
  const mended = repo.commit({ 'secrets/b': await sealed('b') })
  rmSync(join(repo.server, 'hooks/pre-receive'))
  await repo.takes('main', `${mended}~1:refs/heads/old`)
  await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: repo.server })
  repo.commit({ readme: 'x' })
  await repo.takes('main', `${mended}:refs/heads/copy`)
  await repo.refuses([`${mended}~1:refs/heads/again`], PLAIN)
})

test('plaintext from before, hidden from those who push, or in an alternate alone: judged', async () => {
  for (const hide of ['receive.hideRefs', 'transfer.hideRefs', 'alternate']) {
    const { repo } = await ReceiveRepo.started()
    const bad = repo.commit({ 'secrets/b': 'hunter2' })
    repo.commit({ 'secrets/b': await sealed('b') })
    const other = hide === 'alternate' ? repo.box.path('parent.git') : repo.server
    if (hide === 'alternate') {
      repo.git(['clone', '-q', '--bare', repo.dir, other])
      writeFileSync(join(repo.server, 'objects/info/alternates'), `${other}/objects\n`)
    } else {
      repo.git(['fetch', '-q', repo.dir, 'main:refs/secret/x'], { cwd: repo.server })
      repo.git(['config', hide, 'refs/secret'], { cwd: repo.server })
    }
    const refused = await repo.refuses(['main'], PLAIN)
    assert.match(refused.stderr, bad.slice(0, 12))
    if (hide === 'alternate') continue
    repo.git(['config', '--unset', hide], { cwd: repo.server })
    await repo.takes('main')
  }
})

test('a namespace has its own refs', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': await sealed('b') })
  repo.git(['fetch', '-q', repo.dir, 'main:refs/heads/outside'], { cwd: repo.server })
  await repo.refuses(['main'], PLAIN, { env: { GIT_NAMESPACE: 'a/b' } })
  await repo.takes('main')
})

test('push options have no say', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.git(['config', 'receive.advertisePushOptions', 'true'], { cwd: repo.server })
  repo.commit({ 'secrets/b': 'hunter2' })
  await repo.refuses(['-o', 'nixsecret.allow=plaintext-blob', '-o', 'skip', 'main'], PLAIN)
})

test('from a shallow clone: judged where the server has the rest, refused where nobody has', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.commit({ readme: 'x' })
  await repo.takes('main')
  const clone = repo.box.path('shallow')
  repo.git(['clone', '-q', '--depth=1', `file://${repo.server}`, clone])
  const run = (args: string[]) => repo.git(args, { cwd: clone })
  run(['config', 'filter.nixsecret.clean', 'cat'])
  repo.box.write(`${clone}/readme`, 'y')
  run(['commit', '-qam', 'fine'])
  run(['push', '-q', 'origin', 'main'])
  repo.box.write(`${clone}/secrets/b`, 'hunter2')
  run(['add', '.'])
  run(['commit', '-qm', 'bad'])
  const before = repo.stored()
  const bad = await repo.box.run('git', ['push', 'origin', 'main'], { cwd: clone })
  assert.match(bad.stderr, PLAIN)
  assert.equal(repo.stored(), before)
  for (const update of ['false', 'true']) {
    const other = repo.box.path(`other-${update}.git`)
    repo.git(['init', '-q', '--bare', other])
    repo.git(['config', 'receive.shallowUpdate', update], { cwd: other })
    await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: other })
    const done = await repo.box.run('git', ['push', `file://${other}`, 'main'], { cwd: clone })
    assert.is(done.code, 1)
    assert.match(done.stderr, update === 'true' ? PLAIN : /shallow update not allowed/)
  }
})

test('a repository with a work tree that is deployed by a push', async () => {
  const { repo } = await ReceiveRepo.started()
  const host = repo.box.path('host')
  repo.git(['clone', '-q', repo.server, host])
  repo.git(['config', 'receive.denyCurrentBranch', 'updateInstead'], { cwd: host })
  await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: host })
  repo.commit({ readme: 'x' })
  const push = () => repo.box.run('git', ['push', `file://${host}`, 'main'], { cwd: repo.dir })
  const good = await push()
  assert.is(good.code, 0, good.stderr)
  assert.is(readFileSync(join(host, 'readme'), 'utf8'), 'x')
  repo.commit({ 'secrets/b': 'hunter2' })
  const bad = await push()
  assert.is(bad.code, 1)
  assert.match(bad.stderr, PLAIN)
  assert.not(existsSync(join(host, 'secrets/b')))
})

test('a repository with SHA-256', async () => {
  const { repo } = await ReceiveRepo.started(['--object-format=sha256'])
  repo.commit({ 'secrets/b': 'hunter2' })
  await repo.refuses(['main'], PLAIN)
})

test('attributes, replace refs and grafts of the server have no say', async () => {
  for (const lines of ['secrets/** -filter\n', 'readme filter=nixsecret\n']) {
    const { repo, base } = await ReceiveRepo.started()
    writeFileSync(join(repo.server, 'info/attributes'), lines)
    const file = repo.box.write('attributes', lines)
    repo.git(['config', 'core.attributesFile', file], { cwd: repo.server })
    repo.commit({ readme: 'plain' })
    await repo.takes('main')
    const bad = repo.commit({ 'secrets/b': 'hunter2' })
    const blob = repo.git(['rev-parse', `${bad}:secrets/b`])
    repo.git(['fetch', '-q', repo.dir, `${base}:refs/heads/good`], { cwd: repo.server })
    const cipher = repo.git(['rev-parse', `${base}:secrets/a`])
    repo.git(['update-ref', `refs/replace/${blob}`, cipher], { cwd: repo.server })
    repo.git(['config', 'core.useReplaceRefs', 'true'], { cwd: repo.server })
    await repo.refuses(['main'], PLAIN)
  }
})

test('attribute tampering in the same push', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.commit({ '.gitattributes': 'secrets/** -filter\n', 'secrets/a': 'hunter2' })
  await repo.refuses(['main'], /\[protection-dropped\]/)
  repo.commit({ '.gitattributes': ATTRIBUTES, 'secrets/a': await sealed('a') })
  await repo.refuses(['main'], /secrets\/a in [0-9a-f]{12} \[(protection-dropped|plaintext-blob)\]/)
})

test('what is pushed allows itself nothing; the configuration of the server does', async () => {
  const { repo, base } = await ReceiveRepo.started()
  const allow = '\n[[check.allow]]\nrule = "plaintext-blob"\npaths = ["/secrets/b"]\nreason = "mine"\n'
  repo.commit({ 'nixsecret.toml': policyText() + allow })
  await repo.takes('main')
  repo.commit({ 'secrets/b': '# nixsecret: allow plaintext-blob: mine\nhunter2' })
  await repo.refuses(['main'], PLAIN)
  const config = (value: string) =>
    repo.git(['config', '--replace-all', 'nixsecret.allow', value], { cwd: repo.server })
  config('plaintext-blob /secrets/other')
  await repo.refuses(['main'], PLAIN)
  config('plaintext-blob')
  await repo.refuses(['main'], /what cannot be judged is refused/)
  config('plaintext-blob /secrets/b # a form to fill in')
  await repo.takes('main')
  repo.switchTo('open', base)
  repo.commit({ '.gitattributes': '', 'secrets/a': 'hunter2' })
  const why = /on the server: git config --add nixsecret\.allow "protection-dropped PATTERN"/
  const { stderr } = await repo.refuses(['open'], why)
  assert.not.match(stderr, /--no-verify/)
})

test('stale readers are refused, as at a push', async () => {
  const { repo } = await ReceiveRepo.started()
  const stale = await sealed('b', policyText(['web']))
  repo.commit({ 'secrets/b': stale })
  await repo.refuses(['main'], /\[stale-recipients\]/)
})

test.run()
