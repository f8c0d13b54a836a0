import { rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkRevision } from '../../src/guard/check.ts'
import { ATTRIBUTES, brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

async function range(repo: GuardRepo, from: string, names: Record<string, string>) {
  return brief(await checkRange(await repo.open(), `${from}..HEAD`, repo.options), names)
}

test('a clean history has no findings', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({ 'secrets/b': await sealed('b'), 'secrets/empty': '', readme: 'plain' })
  assert.equal(await range(repo, base, {}), [])
  const all = await checkAll(await repo.open(), repo.options)
  assert.equal(all.findings, [])
  assert.equal(all.silenced, 0)
  assert.is(all.looked.commits, 2)
  assert.is(all.looked.blobs, 3)
})

test('plaintext at the tip is an error of the commit that brings it', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ readme: 'x' })
  assert.equal(await range(repo, base, { bad }), ['error plaintext-blob secrets/b bad'])
})

test('plaintext that was there before the range is an error of the tip', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const base = repo.commit({ 'secrets/b': 'hunter2' })
  const tip = repo.commit({ readme: 'x' })
  assert.equal(await range(repo, base, { base, tip }), ['error plaintext-blob secrets/b tip'])
})

test('plaintext in a middle commit, then encrypted, then removed', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': await sealed('hunter2') })
  assert.equal(await range(repo, base, { bad }), ['error plaintext-blob secrets/b bad'])
  const worse = repo.commit({ 'secrets/c': 'hunter3' })
  repo.commit({ 'secrets/c': null })
  assert.equal(await range(repo, base, { bad, worse }), [
    'error plaintext-blob secrets/b bad',
    'error plaintext-blob secrets/c worse',
  ])
})

test('what only looks like an age file is plaintext', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const good = await sealed('b')
  repo.commit({
    'secrets/intro': 'age-encryption.org/v1\nhunter2\n',
    'secrets/cut': good.subarray(0, good.length - 10),
    'secrets/armor': '-----BEGIN AGE ENCRYPTED FILE-----\nhunter2\n',
  })
  assert.equal(await range(repo, base, {}), [
    'error plaintext-blob secrets/armor ?',
    'error plaintext-blob secrets/cut ?',
    'error plaintext-blob secrets/intro ?',
  ])
})

test('one blob at two paths is found at the protected one', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({ 'a-readme': 'same', 'secrets/z': 'same' })
  assert.equal(await range(repo, base, {}), ['error plaintext-blob secrets/z ?'])
})

test('a merge that has what none of its parents has', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const one = repo.commit({ one: '1' })
  repo.switchTo('other', base)
  const two = repo.commit({ two: '2' })
  const evil = repo.commit({ 'secrets/evil': 'hunter2' }, [one, two])
  repo.commit({ 'secrets/evil': null })
  assert.equal(await range(repo, base, { evil }), ['error plaintext-blob secrets/evil evil'])
})

test('a merged branch that brings plaintext, already undone by the merge', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const one = repo.commit({ one: '1' })
  repo.switchTo('other', base)
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': null }, [one, bad])
  assert.equal(await range(repo, base, { bad }), ['error plaintext-blob secrets/b bad'])
})

test('attributes that come later over old plaintext', async () => {
  const repo = new GuardRepo()
  const base = repo.commit({ 'nixsecret.toml': policyText(), 'secrets/old': 'hunter2' })
  const late = repo.commit({ '.gitattributes': ATTRIBUTES })
  repo.commit({ 'secrets/old': await sealed('hunter2') })
  assert.equal(await range(repo, base, { late }), ['error plaintext-blob secrets/old late'])
})

test('attributes that a merge takes from either side, over plaintext of the other', async () => {
  for (const swap of [false, true]) {
    const repo = new GuardRepo()
    const base = repo.commit({ 'nixsecret.toml': policyText(), readme: 'x' })
    const one = repo.commit({ '.gitattributes': ATTRIBUTES })
    repo.switchTo('other', base)
    const plain = repo.commit({ 'secrets/p': 'hunter2' })
    const merge = repo.commit({ '.gitattributes': ATTRIBUTES }, swap ? [plain, one] : [one, plain])
    // Gone at the tip, in file and in attributes: the merge alone tells.
    repo.commit({ '.gitattributes': null, 'secrets/p': null })
    assert.equal(await range(repo, base, { merge, plain }), ['error plaintext-blob secrets/p merge'])
  }
})

test('attributes that a merge drops, so that nothing it brings is protected', async () => {
  const repo = new GuardRepo()
  const base = repo.commit({ 'nixsecret.toml': policyText(), readme: 'x' })
  const one = repo.commit({ '.gitattributes': ATTRIBUTES })
  repo.switchTo('other', base)
  const plain = repo.commit({ 'secrets/p': 'fine here' })
  repo.commit({}, [one, plain])
  assert.equal(await range(repo, base, {}), [])
})

test('a path that the tip protects must be ciphertext in every commit', async () => {
  const repo = new GuardRepo()
  const base = repo.commit({ 'nixsecret.toml': policyText() })
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': await sealed('hunter2'), '.gitattributes': ATTRIBUTES })
  assert.equal(await range(repo, base, { bad }), ['error plaintext-blob secrets/b bad'])
})

test('.gitattributes of subdirectories, later ones and overrides count', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({
    'hosts/.gitattributes': '*.key filter=nixsecret-sealed\n',
    'hosts/a.key': 'hunter2',
    'hosts/a.txt': 'fine',
    'secrets/pub/.gitattributes': '* !filter\n',
    'secrets/pub/a.pub': 'fine',
    'macro/.gitattributes': '* hidden\n',
    'secrets/nixsecret.toml': 'not the policy',
  })
  assert.equal(await range(repo, base, { bad }), [
    'error plaintext-blob hosts/a.key bad',
    'error plaintext-blob secrets/nixsecret.toml bad',
    'warning protection-dropped secrets/pub/a.pub bad',
  ])
  const macro = repo.commit({
    '.gitattributes': `[attr]hidden filter=nixsecret\n${ATTRIBUTES}`,
    'macro/x': 'hunter2',
  })
  assert.equal(await range(repo, bad, { macro }), [
    'error plaintext-blob hosts/a.key macro',
    'error plaintext-blob macro/x macro',
    'error plaintext-blob secrets/nixsecret.toml macro',
  ])
})

test('attributes and policy are never to be encrypted, whatever the pattern says', async () => {
  const repo = new GuardRepo()
  repo.commit({
    '.gitattributes': '* filter=nixsecret\n',
    'nixsecret.toml': policyText(),
    'sub/.gitattributes': '*.x -text\n',
    a: await sealed('a'),
  })
  assert.equal((await checkRevision(await repo.open(), 'HEAD', repo.options)).findings, [])
})

test('symlinks and submodules at protected paths', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({
    'secrets/link': { mode: '120000', oid: repo.blob('/run/secrets/x') },
    'secrets/sub': { mode: '160000', oid: base },
    'other/link': { mode: '120000', oid: repo.blob('x') },
  })
  repo.git(['config', 'diff.ignoreSubmodules', 'all'])
  repo.box.write(`${repo.dir}/.gitmodules`, '[submodule "s"]\n\tpath = secrets/sub\n\tignore = all\n')
  repo.git(['config', 'submodule.s.ignore', 'all'])
  repo.git(['config', 'submodule.s.url', '/nowhere'])
  assert.equal(await range(repo, base, {}), ['error submodule secrets/sub ?', 'error symlink secrets/link ?'])
})

test('paths that are not UTF-8, or hold line breaks, quotes and spaces', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const names = ['secrets/\xff\xfe', 'secrets/line\nbreak', 'secrets/-q "uote" ', 'secrets/:(top)*']
  repo.commit(Object.fromEntries(names.map((name) => [name, `plain ${name}`])))
  const found = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  assert.equal(found.findings.map((finding) => finding.path as string).sort(), [...names].sort())
  const hints = found.findings.map((finding) => finding.hint).join('\n')
  assert.match(hints, String.raw`$'secrets/\377\376'`)
  assert.match(hints, String.raw`$'secrets/line\012break'`)
})

test('more commits than one batch, and a trail of attributes', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad: string[] = []
  const stream: string[] = []
  for (let i = 0; i < 600; i++) {
    const plain = i % 100 === 50
    const content = plain ? `plain ${i}` : ''
    stream.push(
      `commit refs/heads/main\ncommitter T <t@example.org> ${1700000000 + i} +0000\ndata 1\nx\n`,
      i === 0 ? `from ${base}\n` : '',
      `M 100644 inline secrets/f\ndata ${content.length}\n${content}\n`,
      `M 100644 inline n\ndata ${String(i).length}\n${i}\n`,
    )
    if (plain) bad.push(content)
  }
  repo.git(['fast-import', '--quiet', '--force'], { input: stream.join('') })
  const found = await checkRange(await repo.open(), `${base}..main`, repo.options)
  assert.is(found.findings.length, bad.length)
  assert.is(found.looked.commits, 600)
})

test('ends of a range', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const opened = await repo.open()
  const zeros = await checkRange(opened, `${'0'.repeat(40)}..HEAD`, repo.options)
  assert.equal(brief(zeros, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(zeros.looked.commits, 2)
  assert.is((await checkRange(opened, `${base}..`, repo.options)).findings.length, 1)
  for (const range of ['HEAD', 'a...b', '..', 'a..b..c', `${'1'.repeat(40)}..HEAD`, `${base}..nothing`]) {
    let code = ''
    try {
      await checkRange(opened, range, repo.options)
    } catch (error) {
      code = (error as { code: string }).code
    }
    assert.ok(code === 'usage' || code === 'missing', range)
  }
})

test('a missing blob, tree or attributes file is a fault, never an all-clear', async () => {
  const gone = async (path: string) => {
    const repo = new GuardRepo()
    const base = await repo.begin()
    repo.commit({ 'secrets/deep/b': await sealed('b'), '.gitattributes': `${ATTRIBUTES}# more\n` })
    const oid = repo.git(['rev-parse', `HEAD:${path}`])
    rmSync(`${repo.dir}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`)
    let code = 'no fault'
    try {
      await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
    } catch (error) {
      code = (error as { code: string }).code
    }
    return code
  }
  for (const path of ['secrets/deep/b', 'secrets/deep', '.gitattributes'])
    assert.match(await gone(path), /^(git|missing)$/, path)
})

test('a repository with sha256', async () => {
  const repo = new GuardRepo(['--object-format=sha256'])
  repo.stage({})
  const tree = (files: Record<string, string>) =>
    repo.git(['mktree'], {
      input: Object.entries(files)
        .map(
          ([name, oid]) =>
            `${name.endsWith('/') ? '040000 tree' : '100644 blob'} ${oid}\t${name.replace('/', '')}\n`,
        )
        .join(''),
    })
  const make = (secret: string | Buffer, parents: string[]) => {
    const root = tree({
      '.gitattributes': repo.blob(ATTRIBUTES),
      'nixsecret.toml': repo.blob(policyText()),
      'secrets/': tree({ a: repo.blob(secret) }),
    })
    return repo.git(['commit-tree', root, '-m', 'x', ...parents.flatMap((parent) => ['-p', parent])])
  }
  const base = make(await sealed('a'), [])
  const bad = make('hunter2', [base])
  const opened = await repo.open()
  const found = await checkRange(opened, `${base}..${bad}`, repo.options)
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/a bad'])
  assert.equal((await checkRevision(opened, base, repo.options)).findings, [])
})

test.run()
