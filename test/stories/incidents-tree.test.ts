import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, isAge } from '../support/story.ts'
import { Incident, SECRET } from './incident-story.ts'

const OFF = ['process', 'clean', 'smudge'].flatMap((part) => ['-c', `filter.nixsecret.${part}=`])
const PLAIN = [...OFF, '-c', 'filter.nixsecret.required=false']

test('the attributes line is removed, and the secret added again', async () => {
  const story = await Incident.begin()
  const dropped = { rule: 'protection-dropped', path: 'secrets/db' }
  story.write('.gitattributes', '# nothing\n')
  story.write('secrets/db', `${SECRET}more\n`)
  await story.git('add', '-A')
  await story.stopped(['commit', '-q', '-m', 'tidy up'], dropped)
  await story.git('commit', '-q', '--no-verify', '-m', 'tidy up')
  await story.stopped(['push', 'origin', 'main'], dropped)
  await story.refused(story.dir, dropped)
  await story.seenInCi(story.dir, dropped)
  await story.git('reset', '-q', '--soft', story.base)
  await story.git('checkout', story.base, '--', '.gitattributes')
  await story.git('add', '--renormalize', 'secrets/db')
  await story.git('commit', '-q', '-m', 'edit')
  await story.passes()
})

test('-filter in a .gitattributes of a subdirectory', async () => {
  const story = await Incident.begin()
  const dropped = { rule: 'protection-dropped', path: 'secrets/db' }
  story.write('secrets/.gitattributes', '* -filter\n')
  story.write('secrets/db', `${SECRET}more\n`)
  await story.git('add', '-A')
  const commit = await story.stopped(['commit', '-q', '-m', 'x'], dropped)
  assert.match(commit.stderr, '.gitattributes')
  await story.git('commit', '-q', '--no-verify', '-m', 'x')
  await story.refused(story.dir, dropped)
  await story.seenInCi(story.dir, dropped)
})

test('with a policy rule that names the path, the override is told of before there is any plaintext', async () => {
  const story = await Incident.begin()
  const unfiltered = { rule: 'unfiltered-path', path: 'secrets/web/new' }
  const policy = readFileSync(join(story.dir, 'nixsecret.toml'), 'utf8')
  const name = /^([\w-]+) = "ssh-/m.exec(policy)?.[1]
  story.write('nixsecret.toml', `${policy}\n[[rule]]\npaths = ["/secrets/web/**"]\nto = ["${name}"]\n`)
  story.write('secrets/web/.gitattributes', '* !filter\n')
  story.write('secrets/web/new', SECRET)
  await story.git('add', '-A')
  await story.stopped(['commit', '-q', '-m', 'x'], unfiltered)
  await story.git('commit', '-q', '--no-verify', '-m', 'x')
  await story.stopped(['push', 'origin', 'main'], unfiltered)
  await story.refused(story.dir, unfiltered)
  await story.seenInCi(story.dir, unfiltered)
  await story.git('rm', '-q', '--cached', 'secrets/web/.gitattributes')
  rmSync(join(story.dir, 'secrets/web/.gitattributes'))
  await story.git('add', '--renormalize', 'secrets/web/new')
  await story.git('commit', '-q', '--amend', '-m', 'mended')
  await story.passes()
})

test('.gitattributes becomes a symlink, which git does not follow', async () => {
  const story = await Incident.begin()
  const dropped = { rule: 'protection-dropped', path: 'secrets/db' }
  story.write('attributes', readFileSync(join(story.dir, '.gitattributes'), 'utf8'))
  rmSync(join(story.dir, '.gitattributes'))
  symlinkSync('attributes', join(story.dir, '.gitattributes'))
  story.write('secrets/db', `${SECRET}more\n`)
  await story.git('add', '.gitattributes', 'attributes')
  await story.git('add', 'secrets/db')
  await story.stopped(['commit', '-q', '-m', 'link'], dropped)
  await story.git('commit', '-q', '--no-verify', '-m', 'link')
  await story.refused(story.dir, dropped)
  await story.seenInCi(story.dir, dropped)
})

test('info/attributes on one machine: it stores plaintext there, and hides it from no gate', async () => {
  const story = await Incident.begin()
  const plain = { rule: 'plaintext-blob', path: 'secrets/new' }
  story.write('.git/info/attributes', 'secrets/** -filter\n')
  story.write('secrets/new', SECRET)
  await story.git('add', '-A')
  const commit = await story.stopped(['commit', '-q', '-m', 'x'], plain)
  await story.git('commit', '-q', '--no-verify', '-m', 'x')
  await story.stopped(['push', 'origin', 'main'], plain)
  await story.refused(story.dir, plain)
  await story.seenInCi(story.dir, plain)
  rmSync(join(story.dir, '.git/info/attributes'))
  await story.git('reset', '-q', '--soft', story.base)
  await story.paste(commit.stderr)
  await story.git('commit', '-q', '-m', 'mended')
  await story.passes()
})

test('line ends converted on the way: damaged ciphertext is refused, and what is printed brings the old one back', async () => {
  const story = await Incident.begin()
  const broken = { rule: 'plaintext-blob', path: 'secrets/db' }
  const fresh = await story.bareClone()
  const git = (...args: string[]) => story.alice.git(fresh, ...args)
  const blob = await blobOf(story.alice, fresh, 'HEAD:secrets/db')
  const crlf = Buffer.from(blob.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
  story.alice.box.write(join(fresh, 'secrets/db'), crlf)
  await git('commit', '-q', '-a', '-m', 'edited on Windows')
  const said = await story.refused(fresh, broken)
  assert.match(said.replace(/\n */g, ' '), 'line ends converted to CRLF')
  await story.seenInCi(fresh, broken)
  await git('nixsecret', 'init')
  const push = await story.stopped(['push', 'origin', 'HEAD:main'], broken, fresh)
  await story.paste(push.stderr, fresh)
  await story.passes(fresh)
  assert.is(await git('rev-parse', 'HEAD:secrets/db'), await git('rev-parse', `${story.base}:secrets/db`))
})

test('a symlink at a protected path', async () => {
  const story = await Incident.begin()
  const link = { rule: 'symlink', path: 'secrets/link' }
  symlinkSync('/home/alice/.password-hunter2-plain-59'.slice(0, 20), join(story.dir, 'secrets/link'))
  await story.git('add', '-A')
  const commit = await story.stopped(['commit', '-q', '-m', 'x'], link)
  await story.git('commit', '-q', '--no-verify', '-m', 'x')
  await story.refused(story.dir, link)
  await story.seenInCi(story.dir, link)
  await story.git('reset', '-q', '--soft', story.base)
  await story.paste(commit.stderr)
  assert.is(await story.git('diff', '--cached', '--name-only'), '')
})

test('empty files pass every gate, empty', async () => {
  const story = await Incident.begin()
  story.write('secrets/empty', '')
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'empty')
  await story.passes()
  assert.is((await blobOf(story.alice, story.guarded, 'main:secrets/empty')).length, 0)
})

test('plaintext kept beside the repository, ignored by git: check --files sees what a build would copy', async () => {
  const story = await Incident.begin()
  story.write('.gitignore', 'decrypted_*\n')
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'ignore')
  await story.git('nixsecret', 'lock')
  assert.is((await story.tryGit('nixsecret', 'check', '--files')).code, 0)
  story.write('secrets/decrypted_db', SECRET)
  // git has nothing to say of it, and neither have the gates.
  assert.is(await story.git('status', '--porcelain'), '')
  assert.is((await story.tryGit('nixsecret', 'check')).code, 0)
  const done = await story.tryGit('nixsecret', 'check', '--files')
  assert.is(done.code, 1)
  story.says(done.out, { rule: 'plaintext-blob', path: 'secrets/decrypted_db' })
  assert.match(done.out.replace(/\n */g, ' '), 'world-readable store')
  await story.paste(done.out)
  assert.is((await story.tryGit('nixsecret', 'check', '--files')).code, 0)
})

test('an open work tree: check --files names each file, and what it prints locks them', async () => {
  const story = await Incident.begin()
  story.write('secrets/fresh', SECRET)
  mkdirSync(join(story.dir, 'sub'))
  const done = await story.alice.tryGit(join(story.dir, 'sub'), 'nixsecret', 'check', '--files', '--json')
  assert.is(done.code, 1)
  const { findings } = JSON.parse(done.out)
  assert.equal(findings.map(({ path, commit }: { path: string; commit: unknown }) => [path, commit]).sort(), [
    ['secrets/db', null],
    ['secrets/fresh', null],
  ])
  await story.paste((await story.tryGit('nixsecret', 'check', '--files')).out)
  assert.is((await story.tryGit('nixsecret', 'check', '--files')).code, 0)
  for (const name of ['db', 'fresh']) assert.ok(isAge(readFileSync(join(story.dir, 'secrets', name))))
  assert.is((await story.alice.tryGit(story.guarded, 'nixsecret', 'check', '--files')).code, 2)
})

test('a plain file put where filters are off stays out of the index by the hook: the printed way mends it', async () => {
  const story = await Incident.begin()
  story.write('secrets/new', SECRET)
  await story.git(...PLAIN, 'add', '--', 'secrets/new')
  const commit = await story.stopped(['commit', '-q', '-m', 'x'], {
    rule: 'plaintext-blob',
    path: 'secrets/new',
  })
  await story.paste(commit.stderr)
  await story.git('commit', '-q', '-m', 'x')
  await story.passes()
})

test.run()
