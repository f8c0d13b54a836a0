import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HOOKS, hookFile, SERVER_HOOK } from '../../src/setup/hook-text.ts'
import { type RunResult, Sandbox } from '../support/sandbox.ts'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('init --server')

class Server {
  readonly box = new Sandbox('nixsecret-server')
  readonly dir = this.box.path('server.git')

  static async make(): Promise<Server> {
    const server = new Server()
    await server.box.ok('git', ['init', '-q', '--bare', server.dir])
    return server
  }

  run(...args: string[]): Promise<RunResult> {
    return this.box.run('git', ['nixsecret', ...args], { cwd: this.dir })
  }

  read(name: string): string {
    return readFileSync(join(this.dir, name), 'utf8')
  }

  /** Everything there with its content and mode. */
  all(): Record<string, string> {
    const found: Record<string, string> = {}
    for (const name of readdirSync(this.dir, { recursive: true, encoding: 'utf8' }).sort()) {
      const stat = lstatSync(join(this.dir, name))
      found[name] = `${stat.mode.toString(8)} ${stat.isFile() ? this.read(name) : ''}`
    }
    return found
  }
}

test('installs the hook; again changes nothing; uninstall leaves no trace', async () => {
  const server = await Server.make()
  const before = server.all()
  const first = await server.run('init', '--server')
  assert.is(first.code, 0, first.stderr)
  assert.match(first.out, /^hooks +pre-receive$/m)
  assert.match(first.stderr, /hint: git-nixsecret check --all/)
  assert.is(server.read('hooks/pre-receive'), hookFile(SERVER_HOOK))
  assert.is(server.read('config'), before.config?.slice(7))
  const after = server.all()
  const second = await server.run('init', '--server')
  assert.match(second.out, /everything was set up already; nothing changed/)
  assert.equal(server.all(), after)
  const doctor = await server.run('doctor')
  assert.is(doctor.code, 0, doctor.out)
  assert.match(doctor.out, /ok +pre-receive is in force/)
  const removed = await server.run('uninstall')
  assert.is(removed.out, 'taken out: hooks pre-receive\n')
  assert.not.match(removed.stderr, /git add/)
  assert.equal(server.all(), before)
  assert.match((await server.run('uninstall')).out, /nothing was set up here/)
})

test('whoever pushes can run the hook and read where the program is, whatever the umask', async () => {
  const server = await Server.make()
  rmSync(join(server.dir, 'hooks'), { recursive: true, force: true })
  const run = 'umask 077 && exec git nixsecret init --server'
  await server.box.ok('sh', ['-c', run], { cwd: server.dir })
  const mode = (name: string) => lstatSync(join(server.dir, name)).mode & 0o777
  assert.is(mode('hooks'), 0o755)
  assert.is(mode('hooks/pre-receive'), 0o755)
  assert.is(mode('hooks/pre-receive.nixsecret-program'), 0o644)
  assert.is(mode('nixsecret'), 0o700)
  const [program, node] = server.read('hooks/pre-receive.nixsecret-program').split('\n')
  assert.is(program, join(server.box.bin, 'git-nixsecret'))
  assert.ok(existsSync(join(node ?? '', 'node')))
  await server.run('uninstall')
  assert.not(existsSync(join(server.dir, 'hooks')))
})

test('a hook that was there is kept, comes back, and is never overwritten', async () => {
  const server = await Server.make()
  const text = '#!/bin/sh\n# theirs\n'
  server.box.write(`${server.dir}/hooks/pre-receive`, text, 0o755)
  const before = server.all()
  assert.match((await server.run('init', '--server')).out, /yours still runs first: pre-receive/)
  assert.is(server.read('hooks/pre-receive.before-nixsecret'), text)
  server.box.write(`${server.dir}/hooks/pre-receive`, '#!/bin/sh\n# other\n', 0o755)
  const refused = await server.run('init', '--server')
  assert.is(refused.code, 2)
  assert.match(refused.stderr, /is not ours, and pre-receive\.before-nixsecret beside it already holds/)
  assert.match((await server.run('doctor')).out, /PROBLEM +not in force: pre-receive/)
  writeFileSync(join(server.dir, 'hooks/pre-receive'), hookFile(SERVER_HOOK))
  await server.run('uninstall')
  assert.equal(server.all(), before)
})

test('with its record lost, uninstall goes by the text', async () => {
  const server = await Server.make()
  const before = server.all()
  await server.run('init', '--server')
  rmSync(join(server.dir, 'nixsecret'), { recursive: true })
  await server.run('uninstall')
  assert.equal(server.all(), before)
})

test('a hook of theirs that calls us is left as it is', async () => {
  const server = await Server.make()
  const text = '#!/bin/sh\ngit-nixsecret hook pre-receive || exit 1\n'
  server.box.write(`${server.dir}/hooks/pre-receive`, text, 0o755)
  assert.match((await server.run('init', '--server')).out, /nothing changed/)
  assert.is(server.read('hooks/pre-receive'), text)
  assert.not(existsSync(join(server.dir, 'hooks/pre-receive.nixsecret-program')))
})

test('core.hooksPath that leads elsewhere, and hooks that a forge writes: says what to do, writes nothing', async () => {
  const server = await Server.make()
  const shared = server.box.path('shared')
  mkdirSync(shared)
  await server.box.ok('git', ['config', 'core.hooksPath', shared], { cwd: server.dir })
  const away = await server.run('init', '--server')
  assert.is(away.code, 0)
  assert.match(away.stderr, /pushes are not checked until this is done/)
  assert.match(
    away.stderr,
    /hint: git-nixsecret hook pre-receive "\$@" \|\| exit 1 {4}# into .*shared\/pre-receive/,
  )
  assert.equal(readdirSync(shared), [])
  assert.is((await server.run('doctor')).code, 1)
  await server.box.ok('git', ['config', '--unset', 'core.hooksPath'], { cwd: server.dir })
  const text = '#!/bin/sh\nfor hook in "$GIT_DIR"/hooks/pre-receive.d/*; do "$hook" || exit 1; done\n'
  server.box.write(`${server.dir}/hooks/pre-receive`, text, 0o755)
  mkdirSync(join(server.dir, 'hooks/pre-receive.d'))
  const forge = await server.run('init', '--server')
  assert.is(server.read('hooks/pre-receive'), text)
  assert.is((await server.run('doctor')).code, 1)
  const command = /hint: (printf .*)/.exec(forge.stderr)?.[1] ?? ''
  await server.box.ok('sh', ['-c', command])
  assert.match(
    server.read('hooks/pre-receive.d/nixsecret'),
    /^#!\/bin\/sh\nexec git-nixsecret hook pre-receive\n$/,
  )
  assert.is((await server.run('doctor')).code, 0)
  assert.match((await server.run('init', '--server')).out, /nothing changed/)
})

test('a repository with a work tree, beside what init puts into a clone', async () => {
  const box = await SetupSandbox.make()
  const config = box.read('.git/config')
  const entries = readdirSync(join(box.repo, '.git/hooks'))
  await box.nixsecret(['init'])
  assert.is((await box.nixsecret(['init', '--server'])).code, 0)
  assert.match((await box.nixsecret(['init'])).out, /nothing changed/)
  for (const name of [...HOOKS, SERVER_HOOK] as const)
    assert.is(box.read(`.git/hooks/${name}`), hookFile(name))
  const removed = await box.nixsecret(['uninstall'])
  assert.match(removed.out, /hooks pre-commit, .*, pre-receive$/m)
  assert.match(removed.stderr, /pushes to this repository are not checked here/)
  assert.is(box.read('.git/config'), config)
  assert.equal(readdirSync(join(box.repo, '.git/hooks')), entries)
  const other = await SetupSandbox.make()
  assert.is((await other.nixsecret(['init', '--server'])).code, 0)
  assert.equal(
    [existsSync(join(other.repo, 'nixsecret.toml')), existsSync(join(other.repo, '.git/hooks/pre-commit'))],
    [false, false],
  )
  assert.is((await other.nixsecret(['uninstall'])).out, 'taken out: hooks pre-receive\n')
})

test('what does not go together, and where there is nothing to set up', async () => {
  const server = await Server.make()
  for (const option of [['--global'], ['--no-hooks'], ['--sealed'], ['--path', 'x'], ['--identity', 'x']]) {
    const done = await server.run('init', '--server', ...option)
    assert.is(done.code, 2, option[0])
    assert.match(done.stderr, `${option[0]} is for those who push, and does not go with --server`)
  }
  const bare = await server.run('init')
  assert.is(bare.code, 2)
  assert.match(bare.stderr, /this repository is bare\nhint: git nixsecret init --server/)
  const outside = await server.box.run('git-nixsecret', ['init', '--server'])
  assert.equal([outside.code, /not in a git repository/.test(outside.stderr)], [2, true])
  assert.not(existsSync(join(server.dir, 'hooks/pre-receive')))
})

test.run()
