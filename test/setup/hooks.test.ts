import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HOOKS, hookCommand, hookFile, SERVER_HOOK } from '../../src/setup/hook-text.ts'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('hooks')

async function stagePlaintext(box: SetupSandbox): Promise<void> {
  const oid = (await box.git(['hash-object', '-w', '--stdin'], { input: 'plain\n' })).trim()
  await box.git(['update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak`])
}

function ready(): Promise<SetupSandbox> {
  return SetupSandbox.begin('hooks', async (box) => {
    const result = await box.nixsecret(['init'])
    assert.is(result.code, 0, result.stderr)
    await box.git(['add', '.'])
    await box.git(['commit', '-qm', 'set up'])
  })
}

test('hooks/ holds exactly what init installs, executable', () => {
  const dir = fileURLToPath(new URL('../../hooks/', import.meta.url))
  const names = [...HOOKS, SERVER_HOOK] as const
  assert.equal(readdirSync(dir).sort(), [...names].sort())
  for (const name of names) {
    assert.is(readFileSync(join(dir, name), 'utf8'), hookFile(name))
    assert.ok(lstatSync(join(dir, name)).mode & 0o100)
  }
})

test('plaintext is stopped at commit and at push', async () => {
  const box = await ready()
  await box.ok('git', ['init', '-q', '--bare', box.path('remote')])
  await box.git(['remote', 'add', 'origin', box.path('remote')])
  await box.git(['push', '-q', 'origin', 'main'])
  await stagePlaintext(box)
  const commit = await box.tryGit(['commit', '-m', 'leak'])
  assert.is.not(commit.code, 0)
  assert.match(commit.stderr, /pre-commit stopped the commit/)
  assert.not.match(commit.stderr, /^plain$/m)
  await box.git(['commit', '-q', '--no-verify', '-m', 'leak'])
  const push = await box.tryGit(['push', 'origin', 'main'])
  assert.is.not(push.code, 0)
  assert.match(push.stderr, /pre-push stopped the push/)
})

test('a hook that was there is kept, runs first with arguments and input, stops git, and comes back', async () => {
  const box = await SetupSandbox.make()
  const text = `#!/bin/sh\necho "$@" >>'${box.dir}/args'; cat >>'${box.dir}/stdin'; exit $CODE\n`
  box.put('.git/hooks/pre-push', text, 0o755)
  // No `#!`: git runs it with the shell.
  box.put('.git/hooks/post-checkout', `echo ran >>${box.dir}/checkout\n`, 0o755)
  box.put('.git/hooks/pre-commit', '#!/bin/sh\nexit 9\n', 0o644)
  const result = await box.nixsecret(['init'])
  assert.match(result.out, /yours still run first: pre-commit, pre-push, post-checkout/)
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'a hook that is not executable does not run'])
  await box.git(['checkout', '-q', '-b', 'other'])
  assert.is(readFileSync(box.path('checkout'), 'utf8'), 'ran\n')
  await box.ok('git', ['init', '-q', '--bare', box.path('remote')])
  await box.git(['remote', 'add', 'origin', box.path('remote')])
  const stopped = await box.tryGit(['push', 'origin', 'main'], { env: { CODE: '3' } })
  assert.is.not(stopped.code, 0)
  await box.git(['push', '-q', 'origin', 'main'])
  const [first] = readFileSync(box.path('args'), 'utf8').split('\n')
  assert.is(first, `origin ${box.path('remote')}`)
  assert.match(
    readFileSync(box.path('stdin'), 'utf8'),
    /^refs\/heads\/main [0-9a-f]{40} refs\/heads\/main 0{40}\n/,
  )
  await box.nixsecret(['uninstall'])
  assert.is(box.read('.git/hooks/pre-push'), text)
  assert.is(lstatSync(join(box.repo, '.git/hooks/pre-commit')).mode & 0o777, 0o644)
  assert.not(existsSync(join(box.repo, '.git/hooks/pre-push.before-nixsecret')))
})

test('where ours cannot be written, the hook that was there stays in place', async () => {
  const box = await SetupSandbox.make()
  const hook = box.put('.git/hooks/pre-commit', '#!/bin/sh\nexit 0\n', 0o755)
  mkdirSync(`${hook}.new-nixsecret`)
  assert.is((await box.nixsecret(['init'])).code, 2)
  assert.is(box.read('.git/hooks/pre-commit'), '#!/bin/sh\nexit 0\n')
})

test('a hook that somebody put over ours: refused while an earlier one is kept', async () => {
  const box = await SetupSandbox.make()
  box.put('.git/hooks/pre-commit', '#!/bin/sh\n# first\n', 0o755)
  await box.nixsecret(['init'])
  box.put('.git/hooks/pre-commit', '#!/bin/sh\n# second\n', 0o755)
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 2)
  assert.match(result.stderr, /pre-commit\.before-nixsecret/)
  assert.is((await box.nixsecret(['doctor'])).code, 1)
  const removed = await box.nixsecret(['uninstall'])
  assert.match(removed.stderr, /the hook pre-commit is not ours any more and was left/)
  assert.match(box.read('.git/hooks/pre-commit'), /second/)
})

test('without the program: pre-* stop with a clear message, post-* only warn', async () => {
  const box = await ready()
  rmSync(join(box.bin, 'git-nixsecret'))
  box.put('plain', 'x')
  await box.git(['add', 'plain'])
  const commit = await box.tryGit(['commit', '-m', 'x'])
  assert.is.not(commit.code, 0)
  assert.match(commit.stderr, /error: pre-commit cannot check that secrets are encrypted, so it stops here/)
  assert.match(commit.stderr, /hint: put git-nixsecret on PATH again/)
  const checkout = await box.tryGit(['checkout', '-q', '-b', 'other'])
  assert.is(checkout.code, 0)
  assert.match(checkout.stderr, /warning: post-checkout did not run/)
})

test('the recorded program serves where PATH has none', async () => {
  const box = await ready()
  const away = join(box.dir, 'elsewhere prog')
  writeFileSync(away, `#!/bin/sh\necho "$@" >${box.dir}/called\n`)
  chmodSync(away, 0o755)
  rmSync(join(box.bin, 'git-nixsecret'))
  box.put('.git/nixsecret/program', `${away}\n`)
  await box.git(['commit', '-q', '--allow-empty', '-m', 'x'])
  assert.is(readFileSync(box.path('called'), 'utf8'), 'hook post-commit\n')
})

test('core.hooksPath that leads to tracked files: nothing is written, lines are printed, doctor waits', async () => {
  const box = await SetupSandbox.make()
  box.put('.husky/pre-commit', '#!/bin/sh\nnpm test\n', 0o755)
  await box.git(['config', 'core.hooksPath', '.husky'])
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 0, result.stderr)
  assert.match(result.stderr, /nothing is checked until these lines are there/)
  assert.match(
    result.stderr,
    /hint: git-nixsecret hook pre-push "\$@" \|\| exit 1 {4}# into .*\.husky\/pre-push/,
  )
  assert.equal(readdirSync(join(box.repo, '.husky')), ['pre-commit'])
  const before = await box.nixsecret(['doctor'])
  assert.is(before.code, 1)
  assert.match(before.out, /PROBLEM +not in force: pre-commit, pre-merge-commit/)
  for (const name of HOOKS) box.put(`.husky/${name}`, `#!/bin/sh\n# git-nixsecret hook ${name}\n`, 0o755)
  assert.match((await box.nixsecret(['doctor'])).out, /not in force: pre-commit/)
  for (const name of HOOKS)
    box.put(`.husky/${name}`, `#!/bin/sh\ngit-nixsecret hook ${name} "$@" || exit 1\n`, 0o755)
  assert.match((await box.nixsecret(['doctor'])).out, /all 7 hooks are in force/)
  await box.git(['add', '.gitattributes', 'nixsecret.toml'])
  await stagePlaintext(box)
  assert.is.not((await box.tryGit(['commit', '-m', 'x'])).code, 0)
})

test('husky 9: what its generated hooks run counts', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  for (const name of HOOKS) {
    box.put(`.husky/_/${name}`, '#!/bin/sh\n. "$(dirname "$0")/h"\n', 0o755)
    box.put(`.husky/${name}`, `git nixsecret hook ${name} "$@"\n`)
  }
  await box.git(['config', 'core.hooksPath', '.husky/_'])
  assert.match((await box.nixsecret(['doctor'])).out, /all 7 hooks are in force/)
})

test('a hooks directory that is a link out of the git directory is not written to', async () => {
  const box = await SetupSandbox.make()
  rmSync(join(box.repo, '.git/hooks'), { recursive: true, force: true })
  mkdirSync(join(box.repo, 'githooks'))
  symlinkSync('../githooks', join(box.repo, '.git/hooks'))
  const result = await box.nixsecret(['init'])
  assert.is(result.code, 0)
  assert.equal(readdirSync(join(box.repo, 'githooks')), [])
  assert.match(result.stderr, /not ours to write/)
})

test('git 2.54 and later: hooks go into the configuration, beside those that are there', async () => {
  const box = await SetupSandbox.make()
  const before = box.read('.git/config')
  box.put('.git/hooks/pre-commit', '#!/bin/sh\n# mine\n', 0o755)
  box.pretendGit('2.55.0')
  const result = await box.direct(['init'])
  assert.is(result.code, 0, result.stderr)
  assert.match(box.read('.git/hooks/pre-commit'), /mine/)
  for (const name of HOOKS) {
    assert.is(await box.git(['config', `hook.nixsecret-${name}.event`]), `${name}\n`)
    assert.is(await box.git(['config', `hook.nixsecret-${name}.command`]), `${hookCommand(name)}\n`)
  }
  assert.match((await box.direct(['doctor'])).out, /all 7 hooks are in force/)
  await box.git(['config', 'hook.nixsecret-pre-push.enabled', 'false'])
  assert.match((await box.direct(['doctor'])).out, /not in force: pre-push/)
  await box.git(['config', '--unset', 'hook.nixsecret-pre-push.enabled'])
  await box.direct(['uninstall'])
  assert.is(box.read('.git/config'), before)
})

test('git became newer: hook files give way to the configuration', async () => {
  const box = await SetupSandbox.make()
  box.put('.git/hooks/pre-commit', '#!/bin/sh\n# mine\n', 0o755)
  await box.nixsecret(['init'])
  box.pretendGit('2.54.0')
  assert.is((await box.direct(['init'])).code, 0)
  assert.match(box.read('.git/hooks/pre-commit'), /mine/)
  assert.not(existsSync(join(box.repo, '.git/hooks/pre-push')))
})

test('the one-line hook fails closed, and hands arguments on', async () => {
  const box = await ready()
  const run = (name: (typeof HOOKS)[number], env = {}) =>
    box.run('sh', ['-c', `${hookCommand(name)} "$@"`, 'hook', 'a', 'b c'], { cwd: box.repo, env })
  const bare = { PATH: '/usr/bin:/bin' }
  box.put('.git/nixsecret/program', '/nowhere\n')
  assert.is((await run('pre-push', bare)).code, 1)
  assert.is((await run('post-merge', bare)).code, 0)
  const stub = box.write('stub/git-nixsecret', '#!/bin/sh\nprintf "%s|" "$@"\n', 0o755)
  const found = await run('pre-push', { PATH: `${join(stub, '..')}:/usr/bin:/bin` })
  assert.is(found.out, 'hook|pre-push|a|b c|')
})

test('commit -v: no diff stays in COMMIT_EDITMSG, whatever the comment character', async () => {
  for (const char of ['#', ';', 'auto']) {
    const box = await ready()
    box.put('secrets/a', 'TOPSECRET-COMMIT-V\n')
    await box.git(['add', '.'])
    await box.git(['-c', `core.commentChar=${char}`, 'commit', '-q', '-v', '-e', '-m', 'a message'])
    const left = box.read('.git/COMMIT_EDITMSG')
    assert.match(left, /^a message\n/)
    assert.not.match(left, /TOPSECRET/)
    assert.not.match(left, />8/)
  }
})

test('an unknown hook name is a fault', async () => {
  const box = await ready()
  assert.is((await box.nixsecret(['hook', 'pre-rebase'])).code, 2)
  assert.is((await box.nixsecret(['hook'])).code, 2)
})

test.run()
