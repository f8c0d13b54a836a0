import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LineReader } from '../../src/deliver/line-reader.ts'
import { destination, sshArguments } from '../../src/deliver/ssh-arguments.ts'

const read = async (...pieces: string[]) => {
  const reader = new LineReader('M ')
  for (const piece of pieces) reader.push(Buffer.from(piece))
  reader.end()
  const lines: string[] = []
  for (let line = await reader.next(); line !== null; line = await reader.next()) lines.push(line)
  return lines
}

test('lines count by their mark, however they come; what a login shell prints is passed over', async () => {
  assert.equal(await read('Welcome!\nM a\nM', ' b\n\nM c'), ['a', 'b', 'c'])
  const reader = new LineReader('M ')
  const next = reader.next()
  reader.push(Buffer.from('noise\nM late\n'))
  assert.is(await next, 'late')
  const last = reader.next()
  reader.end()
  assert.is(await last, null)
  assert.is(await reader.next(), null)
})

test('a host that talks without end is not listened to', async () => {
  const reader = new LineReader('M ')
  for (let i = 0; i < 40; i++) reader.push(Buffer.alloc(1 << 16, 'x\n'))
  reader.push(Buffer.from('M a\n'))
  assert.is(await reader.next(), null)
  const endless = new LineReader('M ')
  for (let i = 0; i < 1000; i++) endless.push(Buffer.alloc(1 << 16, 'x'))
  endless.push(Buffer.from('\nM a\n'))
  assert.is(await endless.next(), 'a')
})

test('ssh gets its options first, the address behind "--", and one command that is always the same', () => {
  assert.equal(destination({ user: 'root', host: '::1', port: 22 }), ['-p', '22', '--', 'root@::1'])
  assert.equal(destination({ user: null, host: 'web1', port: null }), ['--', 'web1'])
  const args = sshArguments({ user: null, host: 'web1', port: null }, true, 'x')
  assert.equal(args.slice(0, 3), ['-T', '-o', 'BatchMode=yes'])
  assert.equal(args.slice(-3), ['--', 'web1', 'x'])
  assert.not.ok(sshArguments({ user: null, host: 'web1', port: null }, false, 'x').includes('BatchMode=yes'))
})

test.run()
