import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { Sandbox } from '../support/sandbox.ts'

test('identity new makes a key once, for its owner alone; identity lists it, and tells no secret', async () => {
  const box = new Sandbox('nixsecret-identity')
  const run = (args: string[], env: Record<string, string> = {}) =>
    box.run('git-nixsecret', ['identity', ...args], { env })
  const none = await run([])
  assert.equal([none.code, none.out], [1, ''])
  assert.match(none.stderr, /no private key yet\n.*hint: git nixsecret identity new/)
  const made = await run(['new'])
  assert.is(made.code, 0, made.stderr)
  const file = join(box.home, '.config/git-nixsecret/identity.txt')
  assert.equal([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777], [0o600, 0o700])
  const text = readFileSync(file)
  assert.match(text.toString(), /^# created: \S+Z\n# public key: (age1\S+)\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/)
  const [identity] = await parseIdentityFile(text, file, async () => null)
  assert.is(made.out, `${identity?.recipient}\n`)
  const again = await run(['new'])
  assert.is(again.code, 2)
  assert.match(again.stderr, /there already, and is not overwritten/)
  assert.ok(readFileSync(file).equals(text))
  const listed = await run([])
  assert.equal(
    [listed.code, listed.out],
    [0, `# ~/.config/git-nixsecret/identity.txt\n${identity?.recipient}\n`],
  )
  for (const { out, stderr } of [made, again, listed, await run(['--json'])])
    assert.not.match(out + stderr, /AGE-SECRET-KEY/)

  // Elsewhere by the environment; a link is not followed, and another key in use is pointed out.
  const other = box.path('other')
  mkdirSync(join(other, 'git-nixsecret'), { recursive: true })
  symlinkSync(box.path('target'), join(other, 'git-nixsecret/identity.txt'))
  assert.is((await run(['new'], { XDG_CONFIG_HOME: other })).code, 2)
  assert.not(existsSync(box.path('target')))
  const unused = await run(['new'], { XDG_CONFIG_HOME: box.path('third'), NIXSECRET_IDENTITY: file })
  assert.is(unused.code, 0)
  assert.match(unused.stderr, /other keys are configured here/)
  const broken = await run([], { NIXSECRET_IDENTITY: box.write('bad', 'nonsense') })
  assert.is(broken.code, 1)
  assert.not.match(broken.stderr + broken.out, /nonsense/)
  for (const args of [
    ['old'],
    ['new', 'x'],
    ['new', '--json'],
    ['--ssh-agent', 'a', 'b'],
    ['--json', '--ssh-agent'],
  ])
    assert.is((await run(args)).code, 2, args.join(' '))
})

test.run()
