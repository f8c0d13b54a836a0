import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('uninstall')

test('no trace in configuration or hooks', async () => {
  const box = await SetupSandbox.make()
  await box.git(['config', 'core.abbrev', '12'])
  rmSync(join(box.repo, '.git/hooks'), { recursive: true, force: true })
  const config = box.read('.git/config')
  const entries = readdirSync(join(box.repo, '.git')).sort()
  await box.makeKey('other', box.path('other'))
  await box.nixsecret(['init', '--identity', box.path('other')])
  const result = await box.nixsecret(['uninstall'])
  assert.is(result.code, 0, result.stderr)
  assert.is(box.read('.git/config'), config)
  assert.equal(readdirSync(join(box.repo, '.git')).sort(), entries)
  assert.ok(existsSync(join(box.repo, 'nixsecret.toml')))
  assert.match((await box.nixsecret(['uninstall'])).out, /nothing was set up here/)
})

test('what lock holds in a linked worktree goes too', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'x'])
  await box.git(['worktree', 'add', '-q', box.path('linked')])
  await box.nixsecret(['lock'], { cwd: box.path('linked') })
  const state = join(box.repo, '.git/worktrees/linked/nixsecret')
  assert.ok(existsSync(state))
  assert.is((await box.nixsecret(['uninstall'])).code, 0)
  assert.not(existsSync(state))
})

test('the entries of an older release: init adds what is new, uninstall takes all out', async () => {
  const box = await SetupSandbox.make()
  const config = box.read('.git/config')
  await box.nixsecret(['init'])
  const record = join(box.repo, '.git/nixsecret/install.json')
  const old = box.read('.git/nixsecret/install.json').replace(/\n *"diff\.nixsecret\.binary",/, '')
  assert.not.match(old, /binary/)
  box.write(record, old)
  await box.git(['config', '--unset', 'diff.nixsecret.binary'])
  const doctor = await box.nixsecret(['doctor'])
  assert.match(doctor.out, /diff\.nixsecret\.binary is not set\n.*git nixsecret init/)
  assert.is((await box.nixsecret(['init'])).code, 0)
  assert.is(await box.git(['config', 'diff.nixsecret.binary']), 'true\n')
  assert.is((await box.nixsecret(['doctor'])).code, 0)
  assert.is((await box.nixsecret(['uninstall'])).code, 0)
  assert.is(box.read('.git/config'), config)
})

test('pathspecs taken literally (Magit): the files that lie open are counted all the same', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  box.put('secrets/a', 'x')
  await box.git(['add', '.'])
  const result = await box.nixsecret(['uninstall'], { env: { GIT_LITERAL_PATHSPECS: '1' } })
  assert.match(result.stderr, /1 file lies open/)
})

test('what the user had before, or changed since, stays', async () => {
  const box = await SetupSandbox.make()
  await box.git(['config', 'core.trustctime', 'no'])
  await box.git(['config', 'filter.nixsecret.required', 'yes'])
  const config = box.read('.git/config')
  assert.is((await box.nixsecret(['init'])).code, 0)
  await box.git(['config', 'diff.nixsecret.textconv', 'mine'])
  const result = await box.nixsecret(['uninstall'])
  assert.match(result.stderr, /diff\.nixsecret\.textconv was changed since init/)
  assert.is(await box.git(['config', 'diff.nixsecret.textconv']), 'mine\n')
  await box.git(['config', '--unset', 'diff.nixsecret.textconv'])
  assert.is(box.read('.git/config'), config)
})

test('says what happens from now on, and how many files lie open', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  box.put('secrets/a', 'x')
  box.put('secrets/b', 'y')
  await box.git(['add', '.'])
  const result = await box.nixsecret(['uninstall'])
  assert.match(
    result.stderr,
    /from now on "git add" stores the files that \.gitattributes protects as they are/,
  )
  assert.match(result.stderr, /2 files lie open/)
})

test('with its record lost, it goes by the values that init sets', async () => {
  const box = await SetupSandbox.make()
  await box.nixsecret(['init'])
  rmSync(join(box.repo, '.git/nixsecret'), { recursive: true })
  assert.is((await box.nixsecret(['uninstall'])).code, 0)
  const config = readFileSync(join(box.repo, '.git/config'), 'utf8')
  assert.not.match(config, /nixsecret/)
  assert.not(existsSync(join(box.repo, '.git/hooks/pre-commit')))
})

test.run()
