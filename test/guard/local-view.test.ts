import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

const HIDE = 'secrets/** -filter\n'
const SHOW = 'readme filter=nixsecret\n'

async function planted() {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2', readme: 'plain' })
  const expect = async (env: Record<string, string> = {}) => {
    const opened = await repo.open()
    const options = { ...repo.options, env: { ...repo.options.env, ...env } }
    const want = ['error plaintext-blob secrets/b bad']
    assert.equal(brief(await checkRange(opened, `${base}..${bad}`, options), { bad }), want)
    assert.equal(brief(await checkRevision(opened, bad, options), { bad }), want)
    assert.equal(brief(await checkAll(opened, options), { bad }), want)
    assert.equal(brief(await checkStaged(opened, options)), ['error plaintext-blob secrets/b index'])
  }
  return { repo, base, bad, expect }
}

test('info/attributes', async () => {
  for (const lines of [HIDE, SHOW]) {
    const { repo, expect } = await planted()
    writeFileSync(`${repo.dir}/.git/info/attributes`, lines)
    await expect()
  }
})

test('core.attributesFile of the repository, of the user, and of git -c', async () => {
  for (const lines of [HIDE, SHOW]) {
    const { repo, expect } = await planted()
    const file = repo.box.write('attributes', lines)
    repo.git(['config', 'core.attributesFile', file])
    repo.git(['config', '--global', 'core.attributesFile', file])
    repo.box.write('home/.config/git/attributes', lines)
    repo.box.write('home/.gitattributes', lines)
    await expect()
    await expect({ GIT_CONFIG_PARAMETERS: `'core.attributesfile=${file}'` })
    await expect({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.attributesFile', GIT_CONFIG_VALUE_0: file })
  }
})

test('attributes of the work tree, attr.tree and GIT_ATTR_SOURCE', async () => {
  const { repo, bad, expect } = await planted()
  writeFileSync(`${repo.dir}/.gitattributes`, HIDE)
  repo.git(['config', 'attr.tree', `${bad}~2`])
  await expect({ GIT_ATTR_SOURCE: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' })
})

test('replace refs for blobs, trees and commits, even if the configuration insists on them', async () => {
  for (const what of ['HEAD:secrets/b', 'HEAD:.gitattributes', 'HEAD^{tree}', 'HEAD']) {
    const { repo, base, expect } = await planted()
    const blob = repo.blob(what.endsWith('s/b') ? await sealed('b') : HIDE)
    const object = repo.git(['rev-parse', what])
    const by = what === 'HEAD' ? base : what === 'HEAD^{tree}' ? `${base}^{tree}` : blob
    repo.git(['update-ref', `refs/replace/${object}`, repo.git(['rev-parse', by])])
    repo.git(['config', 'core.useReplaceRefs', 'true'])
    await expect()
    await expect({ GIT_CONFIG_PARAMETERS: "'core.usereplacerefs=true'" })
  }
})

test('grafts that hide a commit', async () => {
  const { repo, base, bad } = await planted()
  const tip = repo.commit({ 'secrets/b': null })
  writeFileSync(`${repo.dir}/.git/info/grafts`, `${tip} ${base}\n`)
  const options = {
    ...repo.options,
    env: { ...repo.options.env, GIT_GRAFT_FILE: `${repo.dir}/.git/info/grafts` },
  }
  const found = await checkRange(await repo.open(), `${base}..HEAD`, options)
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
})

test('pathspec settings, ignored case, sparse checkout and skipped files', async () => {
  const { repo, expect } = await planted()
  repo.git(['config', 'core.ignoreCase', 'true'])
  repo.git(['config', 'core.sparseCheckout', 'true'])
  repo.git(['config', 'core.sparseCheckoutCone', 'true'])
  mkdirSync(`${repo.dir}/.git/info`, { recursive: true })
  writeFileSync(`${repo.dir}/.git/info/sparse-checkout`, '/*\n!/*/\n')
  repo.git(['update-index', '--skip-worktree', 'secrets/b', '.gitattributes'])
  await expect({ GIT_LITERAL_PATHSPECS: '1' })
  await expect({ GIT_ICASE_PATHSPECS: '1' })
})

test('a bare repository', async () => {
  const repo = new GuardRepo(['--bare'])
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  rmSync(`${repo.dir}/index`)
  const opened = await repo.open()
  assert.is(opened.workTree, null)
  const found = await checkRange(opened, `${base}..HEAD`, repo.options)
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.match(found.findings[0]?.hint ?? '', /already pushed/)
})

test('objects that lie in a quarantine or an alternate', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const place = {
    GIT_OBJECT_DIRECTORY: `${repo.box.dir}/quarantine`,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: `${repo.dir}/.git/objects`,
  }
  mkdirSync(place.GIT_OBJECT_DIRECTORY)
  const hide = (args: string[], input?: string) => repo.git(args, { env: place, ...(input ? { input } : {}) })
  const blob = hide(['hash-object', '-w', '--stdin'], 'hunter2')
  const attributes = hide(['hash-object', '-w', '--stdin'], `${ATTRIBUTES}q/** filter=nixsecret\n`)
  for (const [path, oid] of [
    ['q/b', blob],
    ['.gitattributes', attributes],
  ] as const)
    hide(['update-index', '--add', '--cacheinfo', `100644,${oid},${path}`])
  const bad = hide(['commit-tree', hide(['write-tree']), '-m', 'x', '-p', base])
  const options = { cwd: repo.dir, env: { ...repo.box.env, ...place } }
  const found = await checkRange(await repo.open(), `${base}..${bad}`, options)
  assert.equal(brief(found, { bad }), ['error plaintext-blob q/b bad'])
})

test('a symlink named .gitattributes is not followed', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const bad = repo.commit({
    'secrets/b': 'hunter2',
    'secrets/.gitattributes': { mode: '120000', oid: repo.blob('* -filter') },
  })
  assert.equal(brief(await checkRevision(await repo.open(), 'HEAD', repo.options), { bad }), [
    'error plaintext-blob secrets/b bad',
  ])
})

test('a shallow clone', async () => {
  const origin = new GuardRepo()
  await origin.begin()
  const stale = origin.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  origin.commit({ 'secrets/a': await sealed('a', policyText(['alice', 'web'])) })
  const bad = origin.commit({ 'secrets/b': 'hunter2' })
  origin.commit({ 'secrets/b': null })
  for (const depth of ['2', '4']) {
    const clone = origin.box.path(`clone-${depth}`)
    origin.git(['clone', '-q', '--depth', depth, `file://${origin.dir}`, clone], { cwd: origin.box.dir })
    const options = { cwd: clone, env: origin.box.env }
    const { openRepository } = await import('../../src/git/repository.ts')
    const found = await checkAll(await openRepository(clone), options)
    const want = ['error plaintext-blob secrets/b bad']
    // At depth 4 the edge is the commit that changed the policy: nobody can tell that it brought the stale file.
    if (depth === '4') want.push('note stale-recipients secrets/a stale')
    assert.equal(brief(found, { bad, stale }), want)
    assert.is(found.looked.cutOff, true)
  }
})

test('a range that a shallow clone cuts off is no all-clear', async () => {
  const origin = new GuardRepo()
  const base = await origin.begin()
  origin.commit({ 'secrets/b': 'hunter2' })
  origin.commit({ 'secrets/b': null })
  const middle = origin.commit({ readme: 'x' })
  origin.commit({ readme: 'y' })
  const clone = origin.box.path('cut-off')
  origin.git(['clone', '-q', '--depth=2', `file://${origin.dir}`, clone], { cwd: origin.box.dir })
  // As CI systems fetch where the range begins.
  origin.git(['fetch', '-q', '--depth=1', 'origin', base], { cwd: clone })
  const { openRepository } = await import('../../src/git/repository.ts')
  const options = { cwd: clone, env: origin.box.env }
  for (const from of [base, '0'.repeat(40)]) {
    const check = checkRange(await openRepository(clone), `${from}..HEAD`, options)
    const fault = await check.then(
      () => 'an all-clear',
      (error: Error) => error.message,
    )
    assert.match(fault, /shallow clone/)
  }
  const whole = await checkRange(await openRepository(clone), `${middle}..HEAD`, options)
  assert.equal(whole.findings, [])
  assert.is(whole.looked.cutOff, undefined)
})

test('a partial clone fetches only what must be judged', async () => {
  const origin = new GuardRepo()
  await origin.begin()
  const bad = origin.commit({ 'secrets/b': 'hunter2', large: 'unprotected' })
  origin.git(['config', 'uploadpack.allowFilter', 'true'])
  origin.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  const clone = origin.box.path('partial')
  origin.git(['clone', '-q', '--no-checkout', '--filter=blob:none', `file://${origin.dir}`, clone], {
    cwd: origin.box.dir,
  })
  const { openRepository } = await import('../../src/git/repository.ts')
  const found = await checkAll(await openRepository(clone), { cwd: clone, env: origin.box.env })
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
  const missing = origin.git(['rev-list', '--objects', '--missing=print', 'HEAD'], { cwd: clone })
  assert.match(missing, `?${origin.git(['rev-parse', 'HEAD:large'])}`)
})

test.run()
