import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FilesRepo, KEY } from './files-repo.ts'
import { ATTRIBUTES, policyText, sealed } from './guard-repo.ts'

const OPEN = 'hunter2\n'
const OR_SEALED =
  "\n# or leave it open, and have Nix build from ciphertext: git nixsecret sealed nix build '@sealed@#NAME'"

test('protected files that lie open, tracked, new and ignored; ciphertext and empty files are well', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ '.gitignore': '*.decrypted\n', 'secrets/locked': await sealed('a'), 'secrets/empty': '' })
  repo.stage({ 'secrets/db': await sealed(OPEN) })
  repo.lay({ 'secrets/db': OPEN, 'secrets/new': OPEN, 'secrets/db.decrypted': OPEN, README: 'x\n' })
  const { findings, looked } = await repo.check()
  assert.equal(
    findings.map(({ rule, severity, path, commit, hint }) => [rule, severity, path, commit, hint]),
    [
      [
        'plaintext-blob',
        'error',
        'secrets/db',
        null,
        `git nixsecret init\ngit nixsecret lock -- secrets/db${OR_SEALED}`,
      ],
      [
        'plaintext-blob',
        'error',
        'secrets/new',
        null,
        `git nixsecret init\ngit add -- secrets/new\ngit nixsecret lock -- secrets/new${OR_SEALED}`,
      ],
      [
        'plaintext-blob',
        'error',
        'secrets/db.decrypted',
        null,
        '# git ignores it, so nothing encrypts it: move it out of this directory; if it is only a copy:\nrm -- secrets/db.decrypted',
      ],
    ],
  )
  for (const { message } of findings) {
    assert.match(message, /^this file lies open in the work tree: .* to the world-readable store$/)
    assert.not.match(message, 'hunter2')
  }
  assert.is(looked.blobs, 3)
})

test('nothing of it is written to the object store', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.lay({ 'secrets/db': OPEN, 'notes.nix': '{ services.x.passwordFile = ./secrets/db; }\n' })
  const before = repo.git(['count-objects', '-v'])
  await repo.check()
  assert.is(repo.git(['count-objects', '-v']), before)
})

test('store = "plaintext" lets a file lie open, but not a sealed one', async () => {
  const repo = new FilesRepo()
  const attributes = `${ATTRIBUTES}sealed/** filter=nixsecret-sealed\n`
  repo.rules(
    attributes,
    `${policyText()}[[rule]]\npaths = ["/secrets/eval/**", "/sealed/**"]\nstore = "plaintext"\n`,
  )
  repo.track({ 'secrets/eval/a': OPEN, 'secrets/b': OPEN, 'sealed/c': OPEN, 'sealed/d': await sealed('d') })
  assert.equal(await repo.found(), ['error plaintext-blob sealed/c', 'error plaintext-blob secrets/b'])
  const { findings } = await repo.check()
  const { message = '', hint = '' } = findings.find(({ path }) => path === 'sealed/c') ?? {}
  assert.match(
    message,
    /though it is to stay ciphertext there \(filter=nixsecret-sealed\): .* to the world-readable/,
  )
  assert.is(hint, 'git nixsecret init\ngit nixsecret lock -- sealed/c')
})

test('a policy that cannot be read lets nothing lie open', async () => {
  const repo = new FilesRepo()
  repo.rules(ATTRIBUTES, `${policyText()}[[rule]]\npaths = ["/secrets/**"]\nstore = "plaintext"\n[oops`)
  repo.track({ 'secrets/a': OPEN })
  assert.equal(await repo.found(), ['error plaintext-blob secrets/a', 'error policy nixsecret.toml'])
})

test('attributes and policy count as they lie; where they do not lie there, as the index has them', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ 'secrets/a': OPEN, 'other/b': OPEN })
  // Edited, not staged; and one that git does not track, in a directory that it ignores.
  repo.lay({ '.gitattributes': 'nothing filter=nixsecret\n', 'other/.gitattributes': 'b filter=nixsecret\n' })
  repo.lay({ '.gitignore': 'other/.gitattributes\n' })
  assert.equal(await repo.found(), ['error plaintext-blob other/b'])
  rmSync(join(repo.dir, '.gitattributes'))
  assert.equal(await repo.found(), ['error plaintext-blob other/b', 'error plaintext-blob secrets/a'])
  symlinkSync('/dev/null', join(repo.dir, '.gitattributes'))
  assert.equal(await repo.found(), ['error plaintext-blob other/b', 'error plaintext-blob secrets/a'])
})

test('info/attributes and core.attributesFile change nothing', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ 'secrets/a': OPEN, readme: 'x' })
  const file = repo.box.write('attributes', 'secrets/** -filter\nreadme filter=nixsecret\n')
  repo.git(['config', 'core.attributesFile', file])
  writeFileSync(join(repo.dir, '.git/info/attributes'), 'secrets/** -filter\nreadme filter=nixsecret\n')
  assert.equal(await repo.found(), ['error plaintext-blob secrets/a'])
})

test('rules for a tree hold: unfiltered paths, symlinks, submodules, policy, keys, Nix', async () => {
  const repo = new FilesRepo()
  repo.rules(ATTRIBUTES, `${policyText()}[[rule]]\npaths = ["/hosts/*.key"]\nto = ["alice"]\n`)
  repo.track({ 'hosts/a.key': 'x\n', 'deploy/id': KEY, 'secrets/x': await sealed('x') })
  repo.lay({
    'hosts/new.key': 'x\n',
    'token.env': 'plain\n',
    'web.nix': '{\n  services.borgbackup.jobs.a.encryption.passphrase = "correct horse battery";\n}\n',
    'file.nix': '{ users.users.a.hashedPasswordFile = ./token.env; }\n',
  })
  mkdirSync(join(repo.dir, 'secrets'), { recursive: true })
  symlinkSync('/run/x', join(repo.dir, 'secrets/link'))
  mkdirSync(join(repo.dir, 'secrets/sub'))
  repo.stage({ 'secrets/sub': { mode: '160000', oid: '1'.repeat(40) } })
  const { findings } = await repo.check()
  const found = findings.map(({ rule, path, line }) => `${rule} ${path} ${line}`).sort()
  assert.equal(found, [
    'nix-inline-secret web.nix 2',
    'nix-plaintext-file file.nix 1',
    'private-key deploy/id 1',
    'submodule secrets/sub null',
    'symlink secrets/link null',
    'unfiltered-path hosts/a.key null',
    'unfiltered-path hosts/new.key null',
  ])
})

test('of ignored files only private keys, and nothing of .git', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ '.gitignore': 'out/\n*.local\n' })
  repo.lay({
    'out/deep/key': KEY,
    'late.local': `${'x\n'.repeat(1 << 20)}${KEY}`,
    'a.local': '{ users.users.a.password = "correct horse"; }\n',
    '.git/nixsecret/key': KEY,
    '.git/hooks/key': KEY,
  })
  assert.equal(await repo.found(), ['error private-key out/deep/key'])
})

test('hints fit how git has the file', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ '.gitignore': '*.local\n', 'a/key': KEY })
  repo.lay({ 'b/key': KEY, 'c.local': KEY })
  symlinkSync('/run/x', join(repo.dir, 'link'))
  repo.lay({ '.gitattributes': `${ATTRIBUTES}link filter=nixsecret\n` })
  const { findings } = await repo.check()
  const hints = new Map(findings.map(({ path, hint }) => [path as string, hint.split('\n')]))
  assert.is(hints.get('a/key')?.[0], 'git rm --cached -- a/key')
  const move = /^# git does not track it: move it out of this directory/
  for (const path of ['b/key', 'c.local', 'link']) assert.match(hints.get(path)?.[0] ?? '', move, path)
  assert.is(hints.get('b/key')?.at(-1), 'git add -- b/key')
  assert.is(hints.get('c.local')?.length, 1)
  assert.is(hints.get('link')?.length, 1)
  for (const { rule, message } of findings) if (rule === 'private-key') assert.not.match(message, 'in git')
})

test('a repository inside, which git does not look into and Nix copies: private keys, and what its attributes protect', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ '.gitignore': 'vendor/\n' })
  for (const dir of ['inner', 'vendor/inner']) {
    repo.git(['init', '-q', join(repo.dir, dir)])
    repo.lay({ [`${dir}/key`]: KEY, [`${dir}/.git/key`]: KEY })
  }
  // A worktree of its own, or another repository of ours.
  repo.lay({ 'inner/.gitattributes': ATTRIBUTES, 'inner/secrets/db': OPEN })
  assert.equal(await repo.found(), [
    'error plaintext-blob inner/secrets/db',
    'error private-key inner/key',
    'error private-key vendor/inner/key',
  ])
})

test('what is not there is not copied: deleted, and left out by a sparse checkout', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ 'secrets/a': OPEN, 'a/x': 'x', 'b/x': 'x' })
  repo.git(['commit', '-q', '-m', 'x'])
  repo.git(['sparse-checkout', 'set', '--cone', '--sparse-index', 'a'])
  assert.equal(await repo.found(), [])
  // Skipped by the index, and lying there all the same.
  repo.lay({ 'secrets/a': OPEN })
  assert.equal(await repo.found(), ['error plaintext-blob secrets/a'])
})

test.run()
