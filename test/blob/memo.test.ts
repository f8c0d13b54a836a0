import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Memo } from '../../src/blob/memo.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('nixsecret-memo')
const OID = 'a'.repeat(40)

/** A state directory of its own, with this in `memo.key`. */
function state(name: string, key: Buffer | null): string {
  const dir = box.path(name)
  mkdirSync(`${dir}/git-nixsecret`, { recursive: true, mode: 0o700 })
  if (key !== null) writeFileSync(`${dir}/git-nixsecret/memo.key`, key)
  process.env.XDG_STATE_HOME = dir
  return `${dir}/git-nixsecret`
}

for (const length of [null, 0, 7, 33]) {
  test(`the key is made where it is ${length === null ? 'not there' : `${length} bytes long`}`, () => {
    const dir = state(`made-${length}`, length === null ? null : Buffer.alloc(length))
    const memo = new Memo(box.path('repo'))
    const hash = memo.hash(Buffer.from('plain'))
    memo.remember(hash, 'digest', OID)
    assert.is(memo.find(hash, 'digest'), OID)
    assert.equal(readdirSync(dir), ['memo.key'])
    assert.is(statSync(`${dir}/memo.key`).mode & 0o777, 0o600)
    const key = readFileSync(`${dir}/memo.key`)
    assert.is(key.length, 32)
    assert.ok(new Memo(box.path('repo')).hashKey?.equals(key))
  })
}

test('a key that is there stays', () => {
  const key = Buffer.alloc(32, 5)
  const dir = state('there', key)
  assert.ok(new Memo(box.path('repo')).hashKey?.equals(key))
  assert.ok(readFileSync(`${dir}/memo.key`).equals(key))
})

test.run()
