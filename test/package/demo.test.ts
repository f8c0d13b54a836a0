import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Sandbox } from '../support/sandbox.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the demo holds what it says, and leaves nothing behind', async () => {
  const sandbox = new Sandbox('nixsecret-demo-test')
  const tmp = sandbox.path('tmp')
  sandbox.write('tmp/mark', '')
  const args = ['--import', 'tsx', 'docs/demo.ts']
  const result = await sandbox.run(process.execPath, args, { cwd: ROOT, env: { TMPDIR: tmp } })
  assert.is(result.code, 0, `${result.out}\n${result.stderr}`)
  for (const word of ['age-encryption.org/v1', 'locked', 'refused']) assert.match(result.out, word)
  // tsx may cache what it compiled there.
  const left = sandbox.files(tmp).filter((path) => !/\/(tsx-|node-compile-cache)/.test(path))
  assert.equal(left, [`${tmp}/mark`])
})

test.run()
