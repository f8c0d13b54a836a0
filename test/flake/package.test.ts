import { execFileSync } from 'node:child_process'
import { cpSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { FlakePlace, ROOT } from './flake-place.ts'

interface RecordScript {
  readonly neededPackages: () => Promise<Readonly<Record<string, string>>>
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const record = json(join(ROOT, 'nix/npm-deps.json'))

test('the record of npm packages is what the build takes from package-lock.json', async () => {
  const script = (await import(join(ROOT, 'nix/npm-deps.mjs'))) as RecordScript
  assert.equal(record.packages, await script.neededPackages(), 'run node nix/npm-deps.mjs')
})

// The first alone: npm and the programs of this machine do the work, whichever Nix starts them.
const [program] = nixPrograms()
if (needs('the package, built by Nix', 'nix', 'npm') && program !== undefined) {
  const box = new Sandbox('nixsecret-package')
  const place = new FlakePlace(box, program)
  // As npm here is configured, for a build has no configuration.
  const env = {
    NPM_CONFIG_REGISTRY: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
  }
  const link = box.path('result')
  const build = (flake: string) =>
    place.run(['build', `${flake}#git-nixsecret`, '--out-link', link], { env, timeout: 300_000 })

  test('npm fetches what the hash says, and the package is the bundle of this tree', async () => {
    const { code, stderr } = await build(place.flake)
    assert.is(code, 0, stderr)
    // A store has no times, so whole directories compare.
    await box.ok('diff', ['-r', join(link, 'lib/git-nixsecret/dist'), join(ROOT, 'dist')])
    for (const name of ['hooks', 'docs/rules', 'docs/schemes']) {
      await box.ok('diff', ['-r', join(link, 'lib/git-nixsecret', name), join(ROOT, name)])
    }
  })

  test('its program is found by git, beside another Node and without one', async () => {
    const path = `${join(link, 'bin')}:${realpathSync('/usr/bin')}`
    const version = await box.ok('git', ['nixsecret', '--version'], { env: { PATH: path } })
    assert.is(version.trim(), `git-nixsecret ${json(join(ROOT, 'package.json')).version}`)
    const status = await box.run(join(link, 'bin/git-nixsecret'), ['status'], { env: { PATH: '/nowhere' } })
    assert.match(status.stderr, /not a git repository|repository/)
  })

  test('its manual is where git --help finds it, and the package has no source and no packages of npm', async () => {
    assert.match(readFileSync(join(link, 'share/man/man1/git-nixsecret.1'), 'utf8'), /^\.TH GIT-NIXSECRET 1/m)
    const shown = await box.ok('git', [
      '-c',
      'man.viewer=show',
      '-c',
      'man.show.cmd=echo',
      'help',
      'nixsecret',
    ])
    assert.match(shown, /git-nixsecret/)
    const real = realpathSync(link)
    const names = box.files(real).map((name) => name.slice(real.length))
    const files = names.filter((name) => /node_modules|\/(src|test|nix)\/|\.ts$/.test(name))
    assert.equal(files, [])
    assert.ok(lstatSync(join(link, 'bin/git-nixsecret')).isFile())
  })

  test('a repository that it sets up finds it on PATH alone', async () => {
    const repo = box.path('repo')
    const identity = box.write('home/key.txt', `${await generateX25519Identity()}\n`, 0o600)
    const options = { cwd: repo, env: { PATH: `${join(link, 'bin')}:/usr/bin:/bin` } }
    await box.ok('git', ['init', '-q', repo])
    await box.ok('git', ['nixsecret', 'init', '--identity', identity], options)
    box.write(join(repo, 'secrets/token'), 'a token to keep\n')
    await box.ok('git', ['add', '.'], options)
    await box.ok('git', ['commit', '-q', '-m', 'Add a token'], options)
    const blob = await box.run('git', ['cat-file', 'blob', 'HEAD:secrets/token'], options)
    assert.ok(blob.out.startsWith('age-encryption.org/v1\n'))
    // What is in the store goes some day, and may not be named.
    const naming = await box.run('grep', ['-rlF', place.nix.store, repo])
    assert.equal(naming.out, '')
  })

  test('one package of the lock with other content than the record is refused before anything is fetched', async () => {
    const changed = box.path('changed')
    cpSync(place.flake.slice('path:'.length), changed, { recursive: true })
    const lockFile = join(changed, 'package-lock.json')
    const lock = json(lockFile)
    lock.packages['node_modules/age-encryption'].integrity = 'sha512-AAAA'
    writeFileSync(lockFile, JSON.stringify(lock))
    const { code, stderr } = await build(`path:${changed}`)
    assert.is(code, 1)
    assert.match(stderr, /run: node nix\/npm-deps\.mjs/)
  })
}

test.run()
