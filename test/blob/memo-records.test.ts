import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Memo } from '../../src/blob/memo.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('nixsecret-memo-records')
process.env.XDG_STATE_HOME = box.path('state')
let count = 0
const place = () => box.path(`repo-${count++}`, 'nixsecret')
const oid = (n: number, length = 40) => n.toString(16).padStart(length, 'a')

test('remembers across processes, by plaintext and readers', () => {
  const at = place()
  const memo = new Memo(at)
  const hash = memo.hash(Buffer.from('secret'))
  assert.is(memo.find(hash, 'readers'), null)
  memo.remember(hash, 'readers', oid(1))
  assert.is(memo.find(hash, 'readers'), oid(1))
  memo.save()
  const next = new Memo(at)
  assert.is(next.find(next.hash(Buffer.from('secret')), 'readers'), oid(1))
  assert.is(next.find(hash, 'other readers'), null)
  assert.is(next.find(next.hash(Buffer.from('secret2')), 'readers'), null)
  assert.ok(next.holds(hash, oid(1)))
  assert.not(next.holds(hash, oid(2)))
  assert.not(next.holds(next.hash(Buffer.from('secret2')), oid(1)))
  assert.is(statSync(join(at, 'memo')).mode & 0o777, 0o600)
  assert.is(statSync(at).mode & 0o777, 0o700)
})

test('a blob without our digest is only known to hold its plaintext', () => {
  const memo = new Memo(place())
  const hash = memo.hash(Buffer.from('x'))
  memo.remember(hash, null, oid(3))
  assert.ok(memo.holds(hash, oid(3)))
  assert.is(memo.find(hash, ''), null)
})

test('ids of both lengths, and one that ends in zeros', () => {
  const at = place()
  const memo = new Memo(at)
  const ids = [oid(4), oid(5, 64), `${'b'.repeat(30)}0000000000`, `${'c'.repeat(60)}0000`]
  ids.forEach((id, i) => {
    memo.remember(memo.hash(Buffer.from([i])), 'r', id)
  })
  memo.save()
  const next = new Memo(at)
  ids.forEach((id, i) => {
    assert.is(next.find(next.hash(Buffer.from([i])), 'r'), id)
  })
})

test('nothing new, nothing written; the latest word wins', () => {
  const at = place()
  const memo = new Memo(at)
  const hash = memo.hash(Buffer.from('x'))
  memo.save()
  assert.not(existsSync(join(at, 'memo')))
  memo.remember(hash, 'r', oid(1))
  memo.remember(hash, 'r', oid(2))
  memo.remember(hash, 'r', oid(2))
  memo.save()
  const { size } = statSync(join(at, 'memo'))
  memo.remember(hash, 'r', oid(2))
  memo.save()
  assert.is(statSync(join(at, 'memo')).size, size)
  assert.is(new Memo(at).find(hash, 'r'), oid(2))
})

test('a record that was cut short does not shift those behind it', () => {
  const at = place()
  const memo = new Memo(at)
  const hashes = ['1', '2', '3'].map((text) => memo.hash(Buffer.from(text)))
  const [one, two, three] = hashes as [Buffer, Buffer, Buffer]
  memo.remember(one, 'r', oid(1))
  memo.remember(two, 'r', oid(2))
  memo.save()
  truncateSync(join(at, 'memo'), 48 * 4 - 20)
  const next = new Memo(at)
  assert.is(next.find(two, 'r'), oid(2))
  next.remember(three, 'r', oid(3))
  next.save()
  const last = new Memo(at)
  assert.equal([last.find(one, 'r'), last.find(two, 'r'), last.find(three, 'r')], [oid(1), oid(2), oid(3)])
  assert.not(last.holds(two, oid(2)))
})

test('two that write at once lose nothing', () => {
  const at = place()
  const [a, b] = [new Memo(at), new Memo(at)]
  const hash = (text: string) => a.hash(Buffer.from(text))
  a.remember(hash('a'), 'r', oid(1))
  b.remember(hash('b'), 'r', oid(2))
  a.save()
  b.save()
  const next = new Memo(at)
  assert.equal([next.find(hash('a'), 'r'), next.find(hash('b'), 'r')], [oid(1), oid(2)])
})

test('without its key nothing is recognised, and the file shows no hash that could be guessed', () => {
  const at = place()
  const memo = new Memo(at)
  const hash = memo.hash(Buffer.from('secret'))
  memo.remember(hash, 'r', oid(1))
  memo.save()
  assert.not(readFileSync(join(at, 'memo')).includes(hash.subarray(0, 8)))
  const before = process.env.XDG_STATE_HOME
  process.env.XDG_STATE_HOME = box.path('other')
  const other = new Memo(at)
  assert.is(other.find(other.hash(Buffer.from('secret')), 'r'), null)
  process.env.XDG_STATE_HOME = '/dev/null'
  const none = new Memo(at)
  none.remember(none.hash(Buffer.from('secret')), 'r', oid(9))
  assert.is(none.find(none.hash(Buffer.from('secret')), 'r'), null)
  assert.not(none.holds(none.hash(Buffer.from('secret')), oid(9)))
  process.env.XDG_STATE_HOME = before
})

test('a memo beyond 8 MiB loses its older half', () => {
  const at = place()
  const memo = new Memo(at)
  const old = memo.hash(Buffer.from('old'))
  memo.remember(old, 'r', oid(1))
  memo.save()
  appendFileSync(join(at, 'memo'), Buffer.alloc(48 * 175_000, 7))
  const next = new Memo(at)
  const fresh = next.hash(Buffer.from('fresh'))
  next.remember(fresh, 'r', oid(2))
  next.save()
  assert.ok(statSync(join(at, 'memo')).size < (4 << 20) + 200)
  assert.is(new Memo(at).find(fresh, 'r'), oid(2))
  assert.is(new Memo(at).find(old, 'r'), null)
})

test('a file in place of the state directory: nothing is thrown', () => {
  const file = box.path('file')
  writeFileSync(file, '')
  const memo = new Memo(join(file, 'nixsecret'))
  memo.remember(memo.hash(Buffer.from('x')), 'r', oid(1))
  memo.save()
})

test.run()
