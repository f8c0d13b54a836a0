import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateX25519Identity } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type RunOptions, Sandbox } from '../support/sandbox.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const sandbox = new Sandbox('nixsecret-install')
const prefix = sandbox.path('prefix')
const env = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, npm_config_update_notifier: 'false' }
const ok = (command: string, args: string[], options: RunOptions = {}) =>
  sandbox.ok(command, args, { ...options, env: { ...env, ...options.env } })

test.before(async () => {
  // Only the installed program may be found, not the one that the sandbox puts on PATH.
  rmSync(sandbox.bin, { recursive: true })
  // dist/ is built already, and other tests are using it.
  await ok('npm', ['pack', '--ignore-scripts', '--pack-destination', sandbox.dir], { cwd: ROOT })
  const tarball = readdirSync(sandbox.dir).find((name) => name.endsWith('.tgz')) ?? ''
  const how = ['--global', '--prefix', prefix, '--offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await ok('npm', ['install', ...how, sandbox.path(tarball)])
})

test('the package holds the program, its manual and its licences, and no source', () => {
  const dir = join(prefix, 'lib/node_modules/git-nixsecret')
  const files = sandbox.files(dir).map((path) => path.slice(dir.length + 1))
  for (const name of [
    'dist/bin.js',
    'dist/plumbing.js',
    'dist/guarded-hook.js',
    'dist/hook.js',
    'docs/rules/README.md',
    'dist/THIRD-PARTY-LICENSES.txt',
    'man/git-nixsecret.1',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'SECURITY.md',
    'hooks/pre-push',
  ]) {
    assert.ok(files.includes(name), name)
  }
  assert.equal(
    files.filter((name) => /^(src|test|bench|node_modules|\.ci)\/|\.ts$/.test(name)),
    [],
  )
})

test('its manual is where `git nixsecret --help` finds it', () => {
  assert.match(readFileSync(join(prefix, 'share/man/man1/git-nixsecret.1'), 'utf8'), /^\.TH GIT-NIXSECRET 1/m)
})

test('the installed program says its version', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.is((await ok('git', ['nixsecret', '--version'])).trim(), `git-nixsecret ${version}`)
})

test('the installed program encrypts in one clone and decrypts in another', async () => {
  const identity = sandbox.write('home/key.txt', `${await generateX25519Identity()}\n`, 0o600)
  const [first, second] = [sandbox.path('first'), sandbox.path('second')]
  await ok('git', ['init', '--quiet', first])
  await ok('git', ['nixsecret', 'init', '--identity', identity], { cwd: first })
  sandbox.write('first/secrets/token', 'a token to keep\n')
  await ok('git', ['add', '.'], { cwd: first })
  await ok('git', ['commit', '--quiet', '-m', 'Add a token'], { cwd: first })
  const blob = await sandbox.run('git', ['cat-file', 'blob', 'HEAD:secrets/token'], { cwd: first })
  assert.ok(blob.out.startsWith('age-encryption.org/v1\n'))
  assert.not.ok(blob.out.includes('a token to keep'))
  await ok('git', ['clone', '--quiet', first, second])
  assert.ok(readFileSync(join(second, 'secrets/token'), 'latin1').startsWith('age-encryption.org/v1\n'))
  await ok('git', ['nixsecret', 'init', '--identity', identity], { cwd: second })
  assert.is(readFileSync(join(second, 'secrets/token'), 'utf8'), 'a token to keep\n')
  assert.is(await ok('git', ['status', '--porcelain'], { cwd: second }), '')
})

test('npm takes the program out again', async () => {
  await ok('npm', ['uninstall', '--global', '--prefix', prefix, '--offline', 'git-nixsecret'])
  assert.throws(() => execFileSync(join(prefix, 'bin/git-nixsecret'), ['--version']), /ENOENT/)
})

test.run()
