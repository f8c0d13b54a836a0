import { appendFileSync, chmodSync, chownSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('doctor')

interface Check {
  id: string
  level: string
  message: string
  hints: string[]
}

function ready(): Promise<SetupSandbox> {
  return SetupSandbox.begin('doctor', async (box) => {
    await box.nixsecret(['init'])
    box.put('secrets/a', 'one\n')
    await box.git(['add', '.'])
    await box.git(['commit', '-qm', 'x'])
  })
}

async function examine(box: SetupSandbox, env = {}): Promise<{ code: number; checks: Check[] }> {
  const { code, out, stderr } = await box.nixsecret(['doctor', '--json'], { env })
  try {
    return { code, checks: (JSON.parse(out) as { checks: Check[] }).checks }
  } catch {
    throw new Error(`${code} ${out} ${stderr}`)
  }
}

const bad = (checks: Check[]) => checks.filter(({ level }) => level === 'problem').map(({ id }) => id)
const level = (checks: Check[], id: string) =>
  checks.filter((check) => check.id === id).map((check) => check.level)

test('after init: no problem, exit 0', async () => {
  const box = await ready()
  const { code, checks } = await examine(box)
  assert.equal(bad(checks), [])
  assert.is(code, 0)
  for (const id of [
    'git',
    'node',
    'program',
    'filter',
    'trustctime',
    'rerere',
    'commit-verbose',
    'hooks',
    'policy',
    'attributes',
    'identity',
    'files',
    'state',
    'commit-message',
    'nix-store',
  ]) {
    assert.equal(level(checks, id), ['ok'], id)
  }
  assert.match(checks.find(({ id }) => id === 'identity')?.message ?? '', /id_ed25519: alice in the policy/)
})

test('each gate that is open is a problem with a hint', async () => {
  const box = await ready()
  const cases: [string, () => unknown, () => unknown][] = [
    [
      'filter',
      () => box.git(['config', 'filter.nixsecret.required', 'false']),
      () => box.git(['config', 'filter.nixsecret.required', 'true']),
    ],
    [
      'filter',
      () => box.git(['config', '--unset', 'filter.nixsecret.process']),
      () => box.git(['config', 'filter.nixsecret.process', 'git-nixsecret filter-process']),
    ],
    [
      'filter',
      () => box.git(['config', 'diff.nixsecret.cachetextconv', 'true']),
      () => box.git(['config', 'diff.nixsecret.cachetextconv', 'false']),
    ],
    [
      'hooks',
      () => chmodSync(join(box.repo, '.git/hooks/pre-push'), 0o644),
      () => chmodSync(join(box.repo, '.git/hooks/pre-push'), 0o755),
    ],
    [
      'identity-mode',
      () => chmodSync(join(box.home, '.ssh/id_ed25519'), 0o644),
      () => chmodSync(join(box.home, '.ssh/id_ed25519'), 0o600),
    ],
  ]
  for (const [id, open, close] of cases) {
    await open()
    const { code, checks } = await examine(box)
    assert.equal(bad(checks), [id], id)
    assert.is(code, 1)
    assert.ok(checks.find((check) => check.level === 'problem')?.hints.length, id)
    await close()
  }
  assert.is((await examine(box)).code, 0)
})

test('a filter that a linked worktree turns off is seen there', async () => {
  const box = await ready()
  await box.git(['config', 'extensions.worktreeConfig', 'true'])
  await box.git(['worktree', 'add', '-q', box.path('linked')])
  await box.git(['config', '--worktree', 'filter.nixsecret.required', 'false'], { cwd: box.path('linked') })
  const there = await box.nixsecret(['doctor'], { cwd: box.path('linked') })
  assert.is(there.code, 1)
  assert.match(there.out, /PROBLEM +filter\.nixsecret\.required is false, not true/)
  assert.is((await examine(box)).code, 0)
})

test('policy against attributes, and a policy that does not parse', async () => {
  const box = await ready()
  appendFileSync(join(box.repo, 'nixsecret.toml'), '\n[[rule]]\npaths = ["/hosts/**"]\nto = ["alice"]\n')
  box.put('hosts/private', 'x')
  box.put('hosts/key.pub', 'x')
  assert.equal(bad((await examine(box)).checks), ['attributes'])
  appendFileSync(join(box.repo, 'nixsecret.toml'), '\nnonsense = [\n')
  assert.equal(bad((await examine(box)).checks), ['policy'])
})

test('warnings: no key, a key that nobody named, rerere, commit.verbose, open secrets beside Nix', async () => {
  const box = await ready()
  box.put('flake.nix', '{ }')
  await box.git(['config', 'rerere.enabled', 'true'])
  await box.git(['config', 'commit.verbose', '2'])
  await box.git(['config', 'core.trustctime', 'true'])
  const { code, checks } = await examine(box)
  assert.is(code, 0)
  for (const id of ['rerere', 'commit-verbose', 'trustctime', 'nix-store']) {
    assert.equal(level(checks, id), ['warning'], id)
  }
  const env = { NIXSECRET_IDENTITY: box.path('other') }
  await box.makeKey('bob@x', box.path('other'))
  assert.equal(level((await examine(box, env)).checks, 'reader'), ['warning'])
  const missing = await examine(box, { NIXSECRET_IDENTITY: box.path('nowhere') })
  assert.equal(bad(missing.checks), ['identity'])
})

test('what gives Nix the open work tree, and which open files it must not copy', async () => {
  const box = await ready()
  const checks = async () => (await examine(box)).checks
  const uses = async () =>
    (await checks())
      .filter(({ id }) => id === 'open-tree')
      .map(({ level: how, message, hints }) => [how, message, ...hints])
  const [[fine] = []] = await uses()
  assert.is(fine, 'ok')
  box.put('flake.nix', '{ }')
  // Ignored, and of one's own.
  box.put('.gitignore', '.envrc\n')
  box.put('.envrc', 'use flake\n')
  box.put('rebuild', '#!/bin/sh\nsudo nixos-rebuild switch --flake .#web\n')
  assert.equal(await uses(), [
    [
      'warning',
      '.envrc:1 has direnv evaluate the open work tree',
      'watch_file flake.nix flake.lock; ref=$(git nixsecret flake-ref) && use flake "$ref"',
    ],
    [
      'warning',
      'rebuild:2 gives Nix the open work tree',
      "sudo git nixsecret sealed nixos-rebuild switch --flake '@sealed@#web'",
    ],
  ])
  assert.equal(level(await checks(), 'nix-store'), ['warning'])
  // The owner's own word lets it into the store.
  appendFileSync(
    join(box.repo, 'nixsecret.toml'),
    '\n[[rule]]\npaths = ["/secrets/**"]\nstore = "plaintext"\n',
  )
  const allowed = await checks()
  assert.equal(level(allowed, 'nix-store'), ['ok'])
  assert.match(
    allowed.find(({ id }) => id === 'nix-store-plaintext')?.message ?? '',
    /^1 file open and may enter/,
  )
  assert.equal(level(allowed, 'open-tree'), ['ok'])
})

test('a file that is to stay sealed and lies open is a problem, staged or not', async () => {
  const box = await ready()
  box.put('.gitattributes', `${box.read('.gitattributes')}vault/** filter=nixsecret-sealed\n`)
  box.put('vault/a b', 'one\n')
  const { code, checks } = await examine(box)
  assert.is(code, 1)
  const found = checks.find(({ id }) => id === 'sealed-open')
  assert.equal(found?.hints, ["git add -- 'vault/a b' && git nixsecret lock 'vault/a b'"])
  await box.ok('sh', ['-c', found?.hints[0] ?? ''], { cwd: box.repo })
  assert.is((await examine(box)).code, 0)
})

test('state under .git that another user made', async () => {
  const box = await ready()
  await box.nixsecret(['lock'])
  const dir = join(box.repo, '.git/nixsecret')
  const file = join(dir, 'locked/main')
  // Root can read everything, so there it is the owner that tells.
  if (process.getuid?.() === 0) chownSync(file, 12345, 12345)
  else chmodSync(file, 0)
  const { code, checks } = await examine(box)
  assert.equal(bad(checks), ['state'])
  assert.is(code, 1)
  const hints = checks.find(({ id }) => id === 'state')?.hints ?? []
  assert.ok(hints.includes(`sudo chown -R "$USER" ${dir}`), hints.join())
})

test('open files with loose modes, as a checkout leaves them that was killed', async () => {
  const box = await ready()
  const file = join(box.repo, 'secrets/a')
  chmodSync(file, 0o644)
  // Sandboxes are closed to others as a whole.
  const loose = async () => level((await examine(box)).checks, 'loose-mode')
  assert.equal(await loose(), [])
  chmodSync(box.dir, 0o755)
  if ((statSync(join(box.dir, '..')).mode & 0o011) === 0) chmodSync(join(box.dir, '..'), 0o711)
  assert.equal(await loose(), ['warning'])
  const status = await box.nixsecret(['status'])
  assert.is(status.code, 1)
  assert.match(status.out, /others on this machine can get at it/)
  assert.match(status.stderr, /^hint: chmod go-rwx secrets\/a$/m)
  await box.ok('sh', ['-c', 'chmod go-rwx secrets/a'], { cwd: box.repo })
  assert.equal(await loose(), [])
  assert.is((await box.nixsecret(['status'])).code, 0)
})

test('a commit -v that was given up: its diff is named, and the next hook cuts it off', async () => {
  const box = await ready()
  const message = () => box.read('.git/COMMIT_EDITMSG')
  const giveUp = async (path: string) => {
    box.put(path, 'plain-of-two\n')
    await box.git(['add', '.'])
    await box.tryGit(['commit', '-v'], { env: { GIT_EDITOR: 'false' } })
    assert.match(message(), /plain-of-two/)
    return (await examine(box)).checks.find(({ id }) => id === 'commit-message')
  }
  assert.is((await giveUp('no-secret'))?.level, 'ok')
  for (const path of ['secrets/a', 'secrets/ä "b"\n']) {
    const found = await giveUp(path)
    assert.is(found?.level, 'warning', path)
    await box.ok('sh', ['-c', found?.hints[0] ?? ''], { cwd: box.repo })
    await giveUp(path)
    assert.is((await box.tryGit(['hook', 'run', 'pre-commit'])).code, 0)
    assert.not.match(message(), /plain-of-two/)
    await box.git(['commit', '-qm', 'x'])
  }
})

test('before init, everything that is missing is named', async () => {
  const box = await SetupSandbox.make({ key: false })
  const { code, checks } = await examine(box)
  assert.is(code, 1)
  assert.equal(bad(checks), ['filter', 'hooks', 'policy'])
})

test.run()
