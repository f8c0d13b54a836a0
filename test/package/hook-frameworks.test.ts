import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GuardRepo, sealed } from '../guard/guard-repo.ts'
import { needs } from '../support/needs.ts'
import type { RunResult } from '../support/sandbox.ts'

const test = suite('the pre-commit framework')
const able = needs('the pre-commit framework', 'pre-commit')
const MANIFEST = fileURLToPath(new URL('../../.pre-commit-hooks.yaml', import.meta.url))

/** A repository that uses our hooks by pre-commit, with a bare remote. */
class Framed extends GuardRepo {
  static async make(stages = ['commit', 'merge-commit']): Promise<Framed> {
    const repo = new Framed()
    const hooks = new GuardRepo([], repo.box, 'hooks')
    const rev = hooks.commit({ '.pre-commit-hooks.yaml': readFileSync(MANIFEST) })
    repo.git(['init', '-q', '--bare', repo.box.path('remote.git')])
    repo.git(['remote', 'add', 'origin', repo.box.path('remote.git')])
    const config = `repos:\n- repo: ${hooks.dir}\n  rev: ${rev}\n  hooks:\n  - id: nixsecret\n    stages: [${stages}]\n  - id: nixsecret-push\n    stages: [push]\n`
    repo.commit({ '.pre-commit-config.yaml': config })
    await repo.begin()
    // What `begin` put into the index, in the work tree too: pre-commit looks there.
    repo.git(['checkout', '-q', '--', '.'])
    repo.git(['push', '-q', 'origin', 'main'])
    const types = ['pre-commit', 'pre-merge-commit', 'pre-push'].flatMap((type) => ['-t', type])
    await repo.box.ok('pre-commit', ['install', ...types], { cwd: repo.dir })
    return repo
  }

  try(...args: string[]): Promise<RunResult> {
    return this.box.run('git', args, { cwd: this.dir })
  }
}

/** The program refused, and not a framework that could not run it. */
function refused(done: RunResult, path: string): void {
  assert.is(done.code, 1, done.stderr)
  assert.match(done.out + done.stderr, new RegExp(`error ${path}.*\\[plaintext-blob\\]`))
}

if (able) {
  test('a commit of plaintext is stopped, by every way to commit it', async () => {
    const repo = await Framed.make()
    repo.box.write(`${repo.dir}/secrets/b`, 'hunter2')
    repo.git(['add', '.'])
    refused(await repo.try('commit', '-m', 'x'), 'secrets/b')
    repo.git(['reset', '-q'])
    repo.box.write(`${repo.dir}/secrets/a`, 'hunter2')
    refused(await repo.try('commit', '-am', 'x'), 'secrets/a')
    refused(await repo.try('commit', '-m', 'x', 'secrets/a'), 'secrets/a')
    repo.box.write(`${repo.dir}/secrets/a`, await sealed('new'))
    const done = await repo.try('commit', '-am', 'x')
    assert.is(done.code, 0, done.stderr)
  })

  test('a push is judged commit by commit: known branch, new branch, the whole of a history', async () => {
    const repo = await Framed.make()
    const base = repo.git(['rev-parse', 'HEAD'])
    repo.commit({ 'secrets/b': 'hunter2' })
    repo.commit({ 'secrets/b': await sealed('b') })
    refused(await repo.try('push', 'origin', 'main'), 'secrets/b')
    refused(await repo.try('push', 'origin', 'main:topic'), 'secrets/b')
    const fresh = repo.box.path('fresh.git')
    repo.git(['init', '-q', '--bare', fresh])
    refused(await repo.try('push', fresh, 'main'), 'secrets/b')
    repo.switchTo('main', base)
    repo.git(['checkout', '-q', '-f'])
    for (const to of [
      ['origin', 'main:other'],
      [fresh, 'main'],
    ]) {
      repo.commit({ readme: to[0] ?? '' })
      const done = await repo.try('push', ...to)
      assert.is(done.code, 0, `${done.out}${done.stderr}`)
      assert.match(done.stderr + done.out, /nothing pushed is plaintext.*Passed/)
    }
  })

  test('a push hook that is run by hand judges what lies there, not nothing', async () => {
    const repo = await Framed.make(['manual'])
    repo.commit({ 'secrets/b': 'hunter2' })
    repo.git(['checkout', '-q', '-f'])
    const args = ['run', 'nixsecret-push', '--hook-stage', 'push', '--all-files']
    refused(await repo.box.run('pre-commit', args, { cwd: repo.dir }), 'secrets/b')
    const range = [...args.slice(0, -1), '--from-ref', 'HEAD~1', '--to-ref', 'HEAD']
    refused(await repo.box.run('pre-commit', range, { cwd: repo.dir }), 'secrets/b')
  })

  test('beside init, in either order: both run, and ours sees every ref of a push', async () => {
    for (const initFirst of [true, false]) {
      const repo = await Framed.make()
      const key = join(repo.box.home, '.ssh/id_ed25519')
      await repo.box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
      if (initFirst) {
        await repo.box.ok('pre-commit', ['uninstall', '-t', 'pre-commit', '-t', 'pre-push'], {
          cwd: repo.dir,
        })
        await repo.box.ok('git', ['nixsecret', 'init'], { cwd: repo.dir })
        await repo.box.ok('pre-commit', ['install', '-t', 'pre-commit', '-t', 'pre-push'], { cwd: repo.dir })
      } else await repo.box.ok('git', ['nixsecret', 'init'], { cwd: repo.dir })
      const base = repo.git(['rev-parse', 'HEAD'])
      repo.git(['branch', 'good', repo.commit({ readme: 'x' })])
      repo.switchTo('bad', base)
      repo.commit({ 'secrets/b': 'hunter2' })
      repo.git(['checkout', '-q', '-f', 'main'])
      const both = await repo.try('push', 'origin', 'good', 'bad')
      refused(both, 'secrets/b')
      assert.match(both.stderr, /pre-push stopped the push/)
      const good = await repo.try('push', 'origin', 'good')
      assert.is(good.code, 0, `${good.out}${good.stderr}`)
      assert.match(good.stderr + good.out, /nothing pushed is plaintext.*Passed/)
    }
  })

  test('what it stashes while hooks run: a secret that was changed and not staged comes back', async () => {
    const repo = await Framed.make()
    const key = join(repo.box.home, '.ssh/id_ed25519')
    await repo.box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const own = readFileSync(`${key}.pub`, 'utf8').trim()
    repo.git(['rm', '-q', 'secrets/a'])
    const policy = `version = 1\n[recipients]\nme = "${own}"\n[default]\nto = ["me"]\n`
    repo.box.write(`${repo.dir}/nixsecret.toml`, policy)
    await repo.box.ok('git', ['nixsecret', 'init'], { cwd: repo.dir })
    const secret = repo.box.write(`${repo.dir}/secrets/db`, 'first\n')
    repo.git(['add', '.'])
    const first = await repo.try('commit', '-m', 'x')
    assert.is(first.code, 0, `${first.out}${first.stderr}`)
    repo.box.write(secret, 'second\n')
    repo.box.write(`${repo.dir}/readme`, 'x')
    repo.git(['add', 'readme'])
    const done = await repo.try('commit', '-m', 'x')
    assert.is(done.code, 0, `${done.out}${done.stderr}`)
    assert.match(done.out + done.stderr, /Stashing unstaged files/)
    assert.is(readFileSync(secret, 'utf8'), 'second\n')
    for (const file of repo.box.files(join(repo.box.home, '.cache')))
      assert.not(readFileSync(file).includes('second'), file)
  })
}

test.run()
