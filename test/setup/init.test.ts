import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('init')

/** Where `init` has run. */
function ready(): Promise<SetupSandbox> {
  return SetupSandbox.begin('ready', async (box) => {
    await box.nixsecret(['init'])
  })
}

test('a fresh repository: policy, attributes, drivers, hooks, and the promise', async () => {
  const box = await SetupSandbox.make()
  const before = readFileSync(join(box.repo, '.git/config'), 'utf8')
  box.put('.gitattributes', '*.txt text')
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 0, result.stderr)
  assert.match(result.out, /alice can read/)
  assert.match(result.stderr, /hint: git add nixsecret\.toml \.gitattributes/)
  assert.is(
    box.read('.gitattributes'),
    '*.txt text\nsecrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text\nsecrets/**/*.pub !filter !diff !merge !text\n',
  )
  assert.match(box.read('nixsecret.toml'), /alice = "ssh-ed25519 \S+ alice@laptop"/)
  const value = async (key: string) => (await box.git(['config', '--local', key])).trim()
  assert.is(await value('filter.nixsecret.process'), 'git-nixsecret filter-process')
  assert.is(await value('filter.nixsecret.clean'), 'git-nixsecret clean -- %f')
  assert.is(await value('filter.nixsecret.smudge'), 'git-nixsecret smudge -- %f')
  assert.is(await value('filter.nixsecret.required'), 'true')
  assert.is(await value('filter.nixsecret-sealed.process'), 'git-nixsecret filter-process --sealed')
  assert.is(await value('filter.nixsecret-sealed.smudge'), 'git-nixsecret smudge --sealed -- %f')
  assert.is(await value('merge.nixsecret.driver'), 'git-nixsecret merge-driver %O %A %B %L %P %S %X %Y')
  assert.is(await value('diff.nixsecret.cachetextconv'), 'false')
  assert.is(await value('core.trustctime'), 'false')
  assert.is(statSync(join(box.repo, '.git/nixsecret')).mode & 0o777, 0o700)
  box.put('secrets/db', 's3cret\n')
  box.put('secrets/key.pub', 'public\n')
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'first'])
  assert.match(await box.git(['cat-file', 'blob', 'HEAD:secrets/db']), /^age-encryption\.org\/v1\n/)
  assert.is(await box.git(['cat-file', 'blob', 'HEAD:secrets/key.pub']), 'public\n')
  assert.is(await box.git(['status', '--porcelain']), '')
  assert.is.not(before, readFileSync(join(box.repo, '.git/config'), 'utf8'))
})

test('again, it changes nothing', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  const state = () =>
    box.files(box.repo).map((file) => [file, readFileSync(file, 'latin1'), statSync(file).mtimeMs])
  const before = state()
  const result = await box.nixsecret(['init'])
  assert.is(result.out, 'everything was set up already; nothing changed\n')
  assert.equal(state(), before)
})

test('no key at all: refused, with what to do, and nothing is there afterwards', async () => {
  const box = await SetupSandbox.make({ key: false })
  const before = box.files(box.repo).map((file) => [file, readFileSync(file, 'latin1')])
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 2)
  assert.match(result.stderr, /error: you have no key yet/)
  assert.match(result.stderr, /hint: ssh-keygen -t ed25519/)
  assert.match(result.stderr, /hint: git nixsecret init --identity FILE/)
  assert.equal(
    box.files(box.repo).map((file) => [file, readFileSync(file, 'latin1')]),
    before,
  )
})

test('recipients: named, by comment, and one’s own only once', async () => {
  const box = await SetupSandbox.make()
  const own = readFileSync(join(box.home, '.ssh/id_ed25519.pub'), 'utf8').trim()
  const web = await box.makeKey('root@web1', box.path('web'))
  const age = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
  const args = ['init', '--recipient', `backup=${age}`, '--recipient', web, '--recipient', `me=${own}`]
  assert.is((await box.nixsecret(args)).code, 0)
  const policy = box.read('nixsecret.toml')
  assert.match(policy, new RegExp(`backup = "${age}"`))
  assert.match(policy, /web1 +=/)
  assert.match(policy, /me +=/)
  assert.not.match(policy, /alice +=/)
  assert.match(policy, /to = \["backup", "me", "web1"\]/)
  // What the policy says already may be said again; what it does not, may not.
  assert.is((await box.nixsecret(args)).code, 0)
  const other = await box.makeKey('x@y', box.path('other'))
  const refused = await box.nixsecret(['init', '--recipient', other])
  assert.is(refused.code, 2)
  assert.match(refused.stderr, /hint: git nixsecret recipient add NAME KEY/)
})

test('a key that is none, and the same name twice, are refused before anything is written', async () => {
  const box = await SetupSandbox.make()
  const age = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
  for (const args of [
    ['--recipient', 'bob=age1nonsense'],
    ['--recipient', `a=${age}`, '--recipient', `a=${await box.makeKey('z', box.path('z'))}`],
    ['--nonsense'],
    ['operand'],
    ['--path', ''],
    ['--path', '!x'],
    ['--path', 'secrets/{a,b}'],
    ['--path', './secrets'],
    ['--path', '../secrets'],
    ['--path', join(box.repo, 'secrets')],
    ['--path', '/etc'],
    ['--path', '.gitattributes'],
    ['--path', 'nixsecret.toml'],
    ['--path', 'a '],
  ]) {
    const result = await box.nixsecret(['init', ...args])
    assert.is(result.code, 2, args.join(' '))
    assert.not(existsSync(join(box.repo, 'nixsecret.toml')))
    assert.not(existsSync(join(box.repo, '.git/nixsecret')))
  }
})

test('--identity is kept in the configuration, below the home directory with ~', async () => {
  const box = await SetupSandbox.make({ key: false })
  mkdirSync(join(box.home, 'keys'))
  await box.makeKey('carol@x', join(box.home, 'keys/my key'))
  const result = await box.nixsecret(['init', '--identity', '../home/keys/my key'])
  assert.is(result.code, 0, result.stderr)
  assert.is(await box.git(['config', 'nixsecret.identity']), '~/keys/my key\n')
  assert.match(box.read('nixsecret.toml'), /carol/)
  const missing = await box.nixsecret(['init', '--identity', 'nowhere'])
  assert.is(missing.code, 2)
})

test('--path, --sealed and patterns that need quotes', async () => {
  const box = await SetupSandbox.make()
  const result = await box.nixsecret(['init', '--sealed', '--path', 'my keys/', '--path', '*.secret'])
  assert.is(result.code, 0, result.stderr)
  assert.is(
    box.read('.gitattributes'),
    '"my keys/**" filter=nixsecret-sealed diff=nixsecret merge=nixsecret -text\n' +
      '"my keys/**/*.pub" !filter !diff !merge !text\n' +
      '*.secret filter=nixsecret-sealed diff=nixsecret merge=nixsecret -text\n',
  )
  assert.match(await box.git(['check-attr', 'filter', 'my keys/a b']), /nixsecret-sealed/)
  assert.match(await box.git(['check-attr', 'filter', 'my keys/a.pub']), /unspecified/)
})

test('--sealed in a repository that has unsealed lines: their form changes in place, and open files are named', async () => {
  const box = await ready()
  box.put('secrets/a', 'SECRET-1\n')
  box.put('secrets/key.pub', 'public\n')
  box.put('other/b', 'SECRET-2\n')
  await box.commitAll('x')
  const before = box.read('.gitattributes')
  const vague = await box.nixsecret(['init', '--sealed'])
  assert.is(vague.code, 2)
  assert.match(vague.stderr, /^hint: git nixsecret init --sealed --path 'secrets\/\*\*'$/m)
  assert.is(box.read('.gitattributes'), before)
  // Columns may be aligned, as the documents have them.
  box.put('.gitattributes', before.replace('secrets/** filter', 'secrets/**       filter'))
  // An edit by hand is accepted by saying so.
  assert.is((await box.nixsecret(['trust', '--yes'])).code, 0)
  const sealed = await box.nixsecret(['init', '--sealed', '--path', 'secrets/**', '--path', 'other'])
  assert.is(sealed.code, 0, sealed.stderr)
  assert.is(
    box.read('.gitattributes'),
    'secrets/** filter=nixsecret-sealed diff=nixsecret merge=nixsecret -text\n' +
      'secrets/**/*.pub !filter !diff !merge !text\n' +
      'other/** filter=nixsecret-sealed diff=nixsecret merge=nixsecret -text\n' +
      'other/**/*.pub !filter !diff !merge !text\n',
  )
  assert.match(
    sealed.stderr,
    /2 files still plaintext here, though to stay ciphertext: other\/b, secrets\/a$/m,
  )
  assert.match(await box.git(['check-attr', 'filter', 'secrets/key.pub']), /unspecified/)
  const [hint] = /(?<=^hint: )git add .*$/m.exec(sealed.stderr) ?? []
  await box.ok('sh', ['-c', hint ?? 'false'], { cwd: box.repo })
  for (const path of ['secrets/a', 'other/b']) assert.match(box.read(path), /^age-encryption/)
  assert.is(box.read('secrets/key.pub'), 'public\n')
  assert.is(await box.git(['status', '--porcelain']), '')
  assert.is((await box.nixsecret(['status'])).code, 0)
  // Again, with and without what it was given: nothing changes, and nothing is unsealed.
  for (const args of [[], ['--sealed'], ['--sealed', '--path', 'other'], ['--path', 'secrets/**']]) {
    const again = await box.nixsecret(['init', ...args])
    assert.is(again.code, 0, again.stderr)
    assert.match(again.out, /nothing changed/)
  }
})

test('a pattern beside others that is added anew brings its exception along', async () => {
  const box = await SetupSandbox.make()
  box.put('.gitattributes', 'secrets/**/*.pub !filter !diff !merge !text\n*.x text')
  await box.nixsecret(['init'])
  assert.match(box.read('.gitattributes'), /^\*\.x text\nsecrets\/\*\* filter=nixsecret diff/m)
  assert.match(await box.git(['check-attr', 'filter', 'secrets/key.pub']), /unspecified/)
})

test('--path: a directory is all below it, what is not there yet may be either, and only the top will do', async () => {
  const box = await SetupSandbox.make()
  box.put('conf/a', 'x')
  box.put('b.env', 'x')
  const below = await box.nixsecret(['init', '--path', 'a'], { cwd: join(box.repo, 'conf') })
  assert.is(below.code, 2)
  assert.match(below.stderr, /^hint: cd \S+\/repo$/m)
  assert.is((await box.nixsecret(['init', '--path', 'conf', '--path', 'b.env', '--path', 'new'])).code, 0)
  const globs = box.read('.gitattributes').match(/^\S+(?= filter=)/gm)
  assert.equal(globs, ['conf/**', 'b.env', 'new', 'new/**'])
})

test('a clone that has a policy: set up, and decrypted at once', async () => {
  const box = await ready()
  box.put('secrets/a b', 'one\n')
  box.put('secrets/ünï', 'two\n')
  box.put('secrets/empty', '')
  await box.commitAll('x')
  const clone = box.path('clone')
  await box.git(['clone', '-q', box.repo, clone])
  const read = (path: string) => readFileSync(join(clone, path), 'utf8')
  assert.match(read('secrets/a b'), /^age-encryption/)
  writeFileSync(join(clone, 'secrets/ünï'), 'changed by hand\n')
  const result = await box.nixsecret(['init'], { cwd: join(clone, 'secrets') })
  assert.is(result.code, 0, result.stderr)
  assert.match(result.out, /decrypted +1 file/)
  assert.is(read('secrets/a b'), 'one\n')
  assert.is(read('secrets/ünï'), 'changed by hand\n')
  assert.is(statSync(join(clone, 'secrets/a b')).mode & 0o777, 0o600)
  await box.git(['checkout', '.'], { cwd: clone })
  assert.is(await box.git(['status', '--porcelain'], { cwd: clone }), '')
  assert.is(read('secrets/ünï'), 'two\n')
})

test('a clone without the key: set up, locked, and told so', async () => {
  const box = await ready()
  box.put('secrets/a', 'one\n')
  await box.commitAll('x')
  const clone = box.path('clone')
  await box.git(['clone', '-q', box.repo, clone])
  const env = { HOME: box.path('nobody'), GIT_CONFIG_GLOBAL: join(box.home, '.gitconfig') }
  const result = await box.nixsecret(['init'], { cwd: clone, env })
  assert.is(result.code, 0, result.stderr)
  assert.match(result.stderr, /1 file stays locked: you have no key here/)
  assert.is(await box.git(['status', '--porcelain'], { cwd: clone, env }), '')
})

test('values and hooks of others are never overwritten', async () => {
  const box = await SetupSandbox.make()
  await box.git(['config', 'filter.nixsecret.clean', 'my own'])
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 2)
  assert.match(result.stderr, /filter\.nixsecret\.clean in this repository's configuration is my own/)
  assert.is(await box.git(['config', 'filter.nixsecret.clean']), 'my own\n')
  assert.not(existsSync(join(box.repo, 'nixsecret.toml')))
  assert.not(existsSync(join(box.repo, '.git/hooks/pre-commit')))
})

test('plaintext that git has already is named, and mended by what is said', async () => {
  const box = await SetupSandbox.make()
  box.put('secrets/early', 'too early\n')
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'early'])
  const result = await box.nixsecret(['init'])
  assert.match(result.stderr, /warning: git has 1 file in plaintext/)
  assert.match(result.stderr, /secrets\/early/)
  assert.match(
    result.stderr,
    /hint: git add nixsecret.toml .gitattributes && git add --renormalize \. && git commit/,
  )
  await box.git(['add', '--renormalize', '.'])
  assert.match(await box.git(['cat-file', 'blob', ':secrets/early']), /^age-encryption/)
})

test('--global: the drivers for every repository, no hooks; and out again', async () => {
  const box = await SetupSandbox.make()
  const before = readFileSync(join(box.home, '.gitconfig'), 'utf8')
  const result = await box.nixsecret(['init', '--global'], { cwd: box.dir })
  assert.is(result.code, 0, result.stderr)
  assert.match(result.stderr, /no hooks/)
  assert.is(await box.git(['config', '--global', 'filter.nixsecret.required']), 'true\n')
  assert.not(existsSync(join(box.repo, '.git/hooks/pre-commit')))
  assert.match((await box.nixsecret(['init', '--global'])).out, /already/)
  assert.is((await box.nixsecret(['init', '--global', '--sealed'])).code, 2)
  assert.is((await box.nixsecret(['uninstall', '--global'])).code, 0)
  assert.is(readFileSync(join(box.home, '.gitconfig'), 'utf8'), before)
})

test('--no-hooks, a bare repository, an old git, and no program on PATH', async () => {
  const box = await SetupSandbox.make()
  assert.is((await box.nixsecret(['init', '--no-hooks'])).code, 0)
  const hooks = join(box.repo, '.git/hooks')
  assert.equal(existsSync(hooks) ? readdirSync(hooks).filter((name) => !name.endsWith('.sample')) : [], [])
  await box.ok('git', ['init', '-q', '--bare', box.path('bare')])
  const bare = await box.nixsecret(['init'], { cwd: box.path('bare') })
  assert.is(bare.code, 2)
  assert.match(bare.stderr, /bare/)
  const other = await SetupSandbox.make()
  other.pretendGit('2.30.1')
  const old = await other.direct(['init'])
  assert.is(old.code, 2)
  assert.match(old.stderr, /git 2\.30\.1 is too old: 2\.38/)
  const program = join(other.bin, 'git-nixsecret')
  const lost = await other.run(process.execPath, [readFileSync(program, 'utf8') && program, 'init'], {
    cwd: other.repo,
    env: { PATH: process.env.PATH },
  })
  assert.is(lost.code, 2)
  assert.match(lost.stderr, /not on PATH/)
})

test('a linked worktree shares what was set up', async () => {
  const box = await ready()
  box.put('secrets/a', 'one\n')
  await box.commitAll('x')
  await box.git(['worktree', 'add', '-q', box.path('linked')])
  assert.is(readFileSync(box.path('linked/secrets/a'), 'utf8'), 'one\n')
  const result = await box.nixsecret(['init'], { cwd: box.path('linked') })
  assert.is(result.out, 'everything was set up already; nothing changed\n')
})

test.run()
