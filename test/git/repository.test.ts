import { mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { openRepository } from '../../src/git/repository.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox()
const at = (name: string) => openRepository(box.path(name))

test('a work tree, its .git, a linked work tree and a bare repository', async () => {
  await box.ok('git', ['init', '-q', 'tree'])
  await box.ok('git', ['init', '-q', '--bare', 'bare'])
  const tree = box.path('tree')
  await box.ok('git', ['commit', '-q', '--allow-empty', '-m', 'first'], { cwd: tree })
  await box.ok('git', ['worktree', 'add', '-q', box.path('linked')], { cwd: tree })
  mkdirSync(box.path('tree/below'))
  const gitDir = box.path('tree/.git')
  const shared = { commonDir: gitDir, objectFormat: 'sha1', stateDir: `${gitDir}/nixsecret` }
  for (const [place, prefix] of [
    ['tree', ''],
    ['tree/below', 'below/'],
  ] as const)
    assert.equal(await at(place), { ...shared, gitDir, workTree: tree, prefix })
  assert.equal(await at('tree/.git'), { ...shared, gitDir, workTree: null, prefix: '' })
  const linked = { gitDir: `${gitDir}/worktrees/linked`, workTree: box.path('linked'), prefix: '' }
  assert.equal(await at('linked'), { ...shared, ...linked })
  const bare = await at('bare')
  assert.equal([bare.gitDir, bare.workTree, bare.prefix], [box.path('bare'), null, ''])
})

test('a path with a line break is not taken for another one', async () => {
  const odd = 'odd\n'
  mkdirSync(box.path(odd))
  for (const name of ['two\nlines', `${odd}/inside`]) {
    await box.ok('git', ['init', '-q', box.path(name)])
    await refused(name, 'git', /line break/)
  }
})

test('below the top, also by a name with a line break', async () => {
  const below = box.path('tree/a\nb/é')
  mkdirSync(below, { recursive: true })
  const { workTree, prefix } = await openRepository(below)
  assert.equal([workTree, Buffer.from(prefix, 'latin1').toString('utf8')], [box.path('tree'), 'a\nb/é/'])
})

test('where there is none', () => refused('', 'missing', /not in a git repository/))

async function refused(name: string, code: string, message: RegExp): Promise<void> {
  const fault = await at(name).then(
    () => null,
    (error) => error,
  )
  assert.instance(fault, NixsecretError)
  assert.is(fault.code, code)
  assert.match(fault.message, message)
}

test.run()
