import { existsSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { findPlaintext, isAge, Person, read } from '../support/story.ts'
import { SealedStory } from './sealed-story.ts'

const test = suite('store/sealed')

test('the twin has what a flake would see, secrets as ciphertext; the repository stays as it is', async () => {
  const story = await SealedStory.begin()
  story.write('secrets/db', 'changed-but-not-committed\n')
  story.write('hosts/web.nix', '{ changed = true; }\n')
  story.write('secrets/new', 'new-secret-of-the-mailer\n')
  story.write('untracked.nix', 'x')
  await rm(join(story.repo, 'flake.nix'))
  await story.git('add', '-N', 'secrets/new')
  const before = await story.state()
  for (const round of [1, 2]) {
    const paths = ['secrets/db', 'secrets/new', 'hosts/web.nix', 'flake.nix', 'untracked.nix']
    const [db, added, web, ...gone] = await story.allInTwin(...paths)
    assert.ok(isAge(db as Buffer), `round ${round}`)
    assert.ok(isAge(added as Buffer))
    assert.is(String(web), '{ changed = true; }\n')
    assert.equal(gone, [null, null])
  }
  assert.is(await story.state(), before)
  const secrets = ['hunter2-of', 'changed-but-not', 'new-secret-of']
  assert.equal(await findPlaintext(story.person, story.repo, secrets), [])
})

test('what was cleaned once stays as it is, so that nothing is built again', async () => {
  const story = await SealedStory.begin()
  story.write('secrets/db', 'changed-but-not-committed\n')
  const first = (await story.inTwin('secrets/db')) as Buffer
  assert.equal(await story.inTwin('secrets/db'), first)
  await story.git('status')
  story.write('hosts/web.nix', '{ a = 1; }\n')
  await story.git('add', 'hosts/web.nix')
  assert.equal(await story.inTwin('secrets/db'), first)
})

test('HEAD and cleanliness are those of the real tree', async () => {
  const story = await SealedStory.begin()
  const head = await story.git('rev-parse', 'HEAD')
  const asked = async () =>
    (await story.sealed(['sh', '-c', 'git rev-parse HEAD; git status --porcelain'])).out
  assert.is(await asked(), head)
  story.write('hosts/web.nix', '{ changed = true; }\n')
  assert.is(await asked(), `${head}M  hosts/web.nix\n`)
})

test('exit codes are those of the command, and signals reach it', async () => {
  const story = await SealedStory.begin()
  assert.is((await story.sealed(['true'])).code, 0)
  assert.is((await story.sealed(['sh', '-c', 'exit 7'])).code, 7)
  assert.is((await story.sealed(['--', 'sh', '-c', 'kill -9 $$'])).code, 137)
  for (const [name, number] of [
    ['INT', 2],
    ['TERM', 15],
    ['HUP', 1],
  ] as const) {
    const script = `trap 'echo got ${name}; exit 5' ${name}; kill -${name} $PPID; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done`
    const { code, out } = await story.sealed(['sh', '-c', script])
    assert.is(`${code} ${out}`, `5 got ${name}\n`)
    const untrapped = await story.sealed(['sh', '-c', `kill -${name} $PPID; exec sleep 10`])
    assert.is(untrapped.code, 128 + number)
  }
  const none = await story.sealed(['no-such-program-here'])
  assert.is(none.code, 2)
  assert.match(none.stderr, /error: cannot run no-such-program-here/)
  assert.is((await story.sealed([])).code, 2)
  assert.is((await story.sealed(['sudo', 'nix', 'build'])).code, 2)
})

test('a placeholder runs the command here; without one it runs in the twin, in the same directory', async () => {
  const story = await SealedStory.begin()
  const cwd = join(story.repo, 'hosts')
  const twin = join(story.repo, '.git/nixsecret/twin/tree')
  assert.is((await story.sealed(['pwd'], { cwd })).out, `${twin}/hosts\n`)
  const printed = await story.sealed(
    ['sh', '-c', 'pwd; echo "$@"', '-', '@sealed@#x', 'path:@sealed@', '@sealed@/web.nix'],
    { cwd },
  )
  assert.is(printed.out, `${cwd}\n${twin}/hosts#x path:${twin}/hosts ${twin}/hosts/web.nix\n`)
  assert.is(await story.person.box.ok('git', ['nixsecret', 'flake-ref'], { cwd }), `${twin}/hosts\n`)
  assert.is(await story.person.box.ok('git', ['nixsecret', 'flake-ref', '..'], { cwd }), `${twin}\n`)
})

test('what was committed as plaintext is ciphertext in the twin', async () => {
  const story = await SealedStory.begin()
  story.write('late/key', 'plaintext-in-history\n')
  await story.commit('Too early')
  story.write(
    '.gitattributes',
    `${readFileSync(join(story.repo, '.gitattributes'))}late/** filter=nixsecret -text\n`,
  )
  await story.person.commit(story.repo, 'Attributes', '.gitattributes')
  for (const round of [1, 2]) assert.ok(isAge((await story.inTwin('late/key')) as Buffer), `round ${round}`)
  // Attributes that git does not track count, too.
  story.write('other/key', 'another-plaintext\n')
  await story.git('add', 'other/key')
  await story.person.commit(story.repo, 'Other')
  story.write('other/.gitattributes', '* filter=nixsecret -text\n')
  assert.ok(isAge((await story.inTwin('other/key')) as Buffer))
})

test('it refuses without a filter, in a conflict, and for a symlink at a protected path', async () => {
  const story = await SealedStory.begin()
  const { person, repo } = story
  await story.git('clone', '-q', repo, person.box.path('clone'))
  const bare = await story.sealed(['true'], { cwd: person.box.path('clone') })
  assert.is(bare.code, 2)
  assert.match(bare.stderr, /hint: git nixsecret init/)
  await story.git('config', 'filter.nixsecret.required', 'false')
  assert.is((await story.sealed(['true'])).code, 2)
  await story.git('config', 'filter.nixsecret.required', 'true')
  // A filter that lets everything through.
  await story.git('config', 'filter.nixsecret.process', '')
  await story.git('config', 'filter.nixsecret.clean', 'cat')
  story.write('secrets/db', 'not-for-the-store\n')
  const through = await story.sealed(['true'])
  assert.is(through.code, 2)
  assert.match(through.stderr, /secrets\/db/)
  assert.equal(await findPlaintext(person, repo, ['not-for-the-store']), [])
  await story.git('nixsecret', 'init').catch(() => {})
  await story.git('config', 'filter.nixsecret.process', 'git-nixsecret filter-process')
  await story.git('config', 'filter.nixsecret.clean', 'git-nixsecret clean -- %f')
  assert.is((await story.sealed(['true'])).code, 0)
  symlinkSync('/etc/passwd', join(repo, 'secrets/link'))
  await story.git('add', '-A')
  assert.match((await story.sealed(['true'])).stderr, /secrets\/link is a symlink/)
  await story.git('rm', '-q', '--cached', 'secrets/link')
  await story.person.commit(story.repo, 'Main', '-a')
  await story.git('checkout', '-q', '-b', 'side', 'HEAD^')
  story.write('hosts/web.nix', '{ a = 1; }\n')
  await story.person.commit(story.repo, 'Side', '-a')
  await story.git('checkout', '-q', 'main')
  story.write('hosts/web.nix', '{ b = 1; }\n')
  await story.person.commit(story.repo, 'Main again', '-a')
  await person.tryGit(repo, 'merge', '-q', 'side')
  assert.match((await story.sealed(['true'])).stderr, /hosts\/web.nix is in a conflict/)
})

test('it refuses plaintext of what is ciphertext in HEAD, and says when nothing is protected', async () => {
  const story = await SealedStory.begin()
  story.write('secrets/db', 'no-longer-protected\n')
  story.replace('.gitattributes', 'secrets/** filter', '# filter')
  for (const staged of [false, true]) {
    if (staged) await story.git('add', '-A')
    const { code, stderr, out } = await story.sealed(['cat', 'secrets/db'])
    assert.equal([code, out], [2, ''])
    assert.match(stderr, /error: secrets\/db was ciphertext, is plaintext now, and .gitattributes does not/)
  }
  await story.git('rm', '-q', '-r', '--cached', 'secrets')
  assert.match((await story.sealed(['true'])).stderr, /warning: no file here is protected/)
  const fresh = story.person.box.path('fresh')
  await story.person.box.ok('git', ['init', '-q', fresh])
  const { code, stderr } = await story.sealed(['true'], { cwd: fresh })
  assert.is(code, 0)
  assert.match(stderr, /warning: no file here is protected.*\nhint: git nixsecret init\n/)
})

test('places without a twin: a directory that git does not track, the twin itself, .git', async () => {
  const story = await SealedStory.begin()
  story.write('new/x.nix', '{ }\n')
  const said = async (cwd: string) => (await story.sealed(['pwd'], { cwd: join(story.repo, cwd) })).stderr
  assert.match(await said('new'), /error: git tracks nothing in new\/, so it is not in the twin\n/)
  const failed = await story.sealed(['false'])
  assert.match(failed.stderr, /: not in the twin, since git does not track them: new\/x.nix\nhint: git add/)
  assert.is((await story.sealed(['true'])).stderr, '')
  assert.match(await said('.git'), /error: this needs a work tree/)
  assert.match(await said('.git/nixsecret/twin/tree/hosts'), /error: this is inside of the twin/)
})

test('links of builds in the twin are told each time they are made', async () => {
  const story = await SealedStory.begin()
  const env = { NIX_STORE_DIR: '/some/store' }
  const build = ['sh', '-c', 'ln -s /some/store/x-y new && mv -T new result']
  for (const round of [1, 2])
    assert.match(
      (await story.sealed(build, { env })).stderr,
      /: result is in the twin, and leads to \/some\/store\/x-y;.*\nhint: nix-store --realise/,
      `round ${round}`,
    )
  assert.is((await story.sealed(['true'], { env })).stderr, '')
})

test('a twin that leads elsewhere is refused, and nothing is removed there', async () => {
  const story = await SealedStory.begin()
  assert.is((await story.sealed(['true'])).code, 0)
  const { box } = story.person
  const precious = box.write('elsewhere/below/file', 'precious')
  const tree = join(story.repo, '.git/nixsecret/twin/tree')
  rmSync(tree, { recursive: true })
  symlinkSync(box.path('elsewhere'), tree)
  const { code, stderr } = await story.sealed(['true'])
  assert.is(code, 2)
  assert.match(stderr, /error: .*\/twin\/tree is a symbolic link\nhint: rm /)
  assert.is(readFileSync(precious, 'utf8'), 'precious')
  rmSync(tree)
  assert.is((await story.sealed(['true'])).code, 0)
  box.remove()
})

test('locked files stay ciphertext, and the twin is made without a key', async () => {
  const story = await SealedStory.begin()
  await story.git('nixsecret', 'lock')
  assert.ok(isAge((await story.inTwin('secrets/db')) as Buffer))
  const stranger = await Person.create('stranger')
  const clone = stranger.box.path('clone')
  await stranger.git(stranger.box.dir, 'clone', '-q', story.repo, clone)
  await stranger.git(clone, 'nixsecret', 'init')
  const { code, stdout } = await stranger.box.run('git', ['nixsecret', 'sealed', 'cat', 'secrets/db'], {
    cwd: clone,
  })
  assert.is(code, 0)
  assert.ok(isAge(stdout))
})

test('what the owner needs at evaluation is plaintext, for its owner to read; nothing else is', async () => {
  const story = await SealedStory.begin()
  story.write('secrets/host.nix', '{ private = 1; }\n')
  story.write(
    'nixsecret.toml',
    `${readFileSync(join(story.repo, 'nixsecret.toml'))}\n[[rule]]\npaths = ["/secrets/host.nix"]\nstore = "plaintext"\n`,
  )
  await acceptAll(story.person.box, story.repo)
  await story.commit('Host')
  const [host, db] = await story.allInTwin('secrets/host.nix', 'secrets/db')
  assert.is(String(host), '{ private = 1; }\n')
  assert.ok(isAge(db as Buffer))
  const file = join(story.repo, '.git/nixsecret/twin/tree/secrets/host.nix')
  assert.is(statSync(file).mode & 0o777, 0o600)
  story.write('secrets/host.nix', '{ private = 2; }\n')
  assert.is(String(await story.inTwin('secrets/host.nix')), '{ private = 2; }\n')
  await story.commit('Host again')
  await story.git('nixsecret', 'lock')
  assert.is(String(await story.inTwin('secrets/host.nix')), '{ private = 2; }\n', 'a key here opens it')
  await story.git('nixsecret', 'unlock')
  story.replace('nixsecret.toml', 'store = "plaintext"', '')
  story.replace('nixsecret.toml', 'paths = ["/secrets/host.nix"]', 'paths = ["/x"]\nto = ["@admins"]')
  await story.git('checkout', 'HEAD^^', '--', 'nixsecret.toml')
  assert.ok(isAge((await story.inTwin('secrets/host.nix')) as Buffer))
  assert.equal(await findPlaintext(story.person, story.repo, ['{ private = ']), [])
})

test('files that git was told not to look at are as they lie there', async () => {
  const story = await SealedStory.begin()
  await story.git('update-index', '--assume-unchanged', 'secrets/db')
  await story.git('update-index', '--skip-worktree', 'hosts/web.nix')
  story.write('secrets/db', 'changed-behind-gits-back\n')
  story.write('hosts/web.nix', '{ hidden = 1; }\n')
  const before = await story.state()
  const [db, web] = await story.allInTwin('secrets/db', 'hosts/web.nix')
  assert.ok(isAge(db as Buffer))
  assert.is(String(web), '{ hidden = 1; }\n')
  assert.is(await story.state(), before)
  assert.equal(await findPlaintext(story.person, story.repo, ['changed-behind-gits']), [])
})

test('a sparse checkout keeps in the twin what is not in the work tree', async () => {
  const story = await SealedStory.begin()
  await story.git('sparse-checkout', 'set', 'hosts')
  assert.not.ok(existsSync(join(story.repo, 'secrets/db')))
  assert.ok(isAge((await story.inTwin('secrets/db')) as Buffer))
  assert.not.ok(existsSync(join(story.repo, 'secrets/db')))
})

test('modes, symlinks and names of any bytes', async () => {
  const story = await SealedStory.begin()
  story.write('run.sh', '#!/bin/sh\necho ran\n')
  await chmod(join(story.repo, 'run.sh'), 0o755)
  symlinkSync('run.sh', join(story.repo, 'link'))
  story.write('secrets/a b\n"#?%\'.txt', 'odd-name-odd-secret\n')
  await story.commit('Odd')
  assert.is((await story.sealed(['./link'])).out, 'ran\n')
  assert.ok(isAge((await story.inTwin('secrets/a b\n"#?%\'.txt')) as Buffer))
})

test('no objects or refs of the twin are in the repository; its housekeeping does not break the twin', async () => {
  const story = await SealedStory.begin()
  story.write('secrets/db', 'changed-but-not-committed\n')
  await story.git('add', 'secrets/db')
  await story.sealed(['true'])
  await story.git('reset', '-q')
  await story.git('-c', 'gc.reflogExpire=now', 'gc', '-q', '--prune=now')
  assert.ok(isAge((await story.inTwin('secrets/db')) as Buffer))
  await story.git('fsck', '--strict')
  const mirror = story.person.box.path('mirror.git')
  await story.git('init', '-q', '--bare', mirror)
  await story.git('push', '-q', '--no-verify', '--mirror', mirror)
  assert.is((await story.git('-C', mirror, 'for-each-ref', '--format=%(refname)')).trim(), 'refs/heads/main')
})

test('no commit yet, other object ids, linked work trees', async () => {
  const person = await Person.create('sealed')
  for (const format of ['sha1', 'sha256']) {
    const repo = person.box.path(format)
    await person.box.ok('git', ['init', '-q', `--object-format=${format}`, repo])
    await person.git(repo, 'nixsecret', 'init')
    person.box.write(join(repo, 'secrets/db'), 'unborn-secret-value\n')
    await person.git(repo, 'add', '-A')
    const sealed = (cwd: string) =>
      person.box.run('git', ['nixsecret', 'sealed', 'cat', 'secrets/db'], { cwd })
    assert.ok(isAge((await sealed(repo)).stdout), `${format}, unborn`)
    await person.commit(repo, 'First')
    assert.ok(isAge((await sealed(repo)).stdout), format)
    const linked = person.box.path(`${format}-linked`)
    await person.git(repo, 'worktree', 'add', '-q', linked)
    person.box.write(join(linked, 'secrets/db'), 'other-in-the-linked-one\n')
    assert.ok(isAge((await sealed(linked)).stdout), `${format}, linked`)
    assert.ok(existsSync(join(repo, `.git/worktrees/${format}-linked/nixsecret/twin/tree`)))
    assert.equal(await findPlaintext(person, repo, ['unborn-secret', 'other-in-the']), [])
  }
})

test('a lock file that the command wrote comes back', async () => {
  const story = await SealedStory.begin()
  story.write('sub/flake.nix', '{ outputs = { self }: { }; }\n')
  await story.commit('Sub')
  const wrote = await story.sealed([
    'sh',
    '-c',
    'echo "{}" > flake.lock; echo "{ }" > sub/flake.lock; exit 3',
  ])
  assert.is(wrote.code, 3)
  assert.is(String(read(story.repo, 'flake.lock')), '{}\n')
  assert.is(String(read(story.repo, 'sub/flake.lock')), '{ }\n')
  assert.match(await story.git('status', '--porcelain'), / A flake.lock\n A sub\/flake.lock\n/)
  assert.is(String(await story.inTwin('flake.lock')), '{}\n')
  await story.commit('Locks')
  await chmod(join(story.repo, 'flake.lock'), 0o640)
  await story.sealed(['sh', '-c', 'echo "{1}" > flake.lock'])
  assert.is(String(read(story.repo, 'flake.lock')), '{1}\n')
  assert.is(statSync(join(story.repo, 'flake.lock')).mode & 0o777, 0o640)
  const late = await story.sealed([
    'sh',
    '-c',
    `echo "{2}" > flake.lock; echo mine > ${story.repo}/flake.lock`,
  ])
  assert.is(String(read(story.repo, 'flake.lock')), 'mine\n')
  assert.match(late.stderr, /warning: flake.lock was changed here/)
})

test('submodules are named, and empty', async () => {
  const story = await SealedStory.begin()
  const other = await SealedStory.begin()
  await story.git('submodule', '--quiet', 'add', other.repo, 'lib')
  const { code, stderr, out } = await story.sealed(['ls', 'lib'])
  assert.is(code, 0)
  assert.is(out, '')
  assert.match(stderr, /warning: submodules are not in the twin.*: lib\n/)
})

test('what a command did to the twin is undone before the next', async () => {
  const story = await SealedStory.begin()
  const spoil = `printf plain > secrets/db; printf p > secrets/stray; rm hosts/web.nix; mkdir d; echo x > d/e
    git config filter.nixsecret.smudge cat; git add -A; git commit -qm spoiled; echo '* -filter' > .git/info/attributes`
  assert.is((await story.sealed(['sh', '-c', spoil])).code, 0)
  const [db, stray] = await story.allInTwin('secrets/db', 'secrets/stray')
  assert.ok(isAge(db as Buffer))
  assert.is(stray, null)
  const clean = 'git status --porcelain -uall; git rev-parse HEAD'
  assert.is((await story.sealed(['sh', '-c', clean])).out, await story.git('rev-parse', 'HEAD'))
  let before = 'nothing'
  for (const damage of [
    'rm -rf .git/objects',
    'echo > .git/index',
    'rm -rf .git',
    'rm -rf secrets; ln -s /etc secrets',
    'touch .git/index.lock',
    'true',
  ]) {
    // Each sees what the one before left, and does its own damage then.
    const { stdout } = await story.sealed(['sh', '-c', `cat secrets/db; ${damage}`])
    assert.ok(isAge(stdout), before)
    before = damage
  }
  assert.is(await story.git('status', '--porcelain'), '')
})

test.run()
