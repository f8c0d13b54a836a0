import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { Spool } from '../../src/host/spool.ts'

const base = mkdtempSync(join(tmpdir(), 'spool-'))
process.on('exit', () => rmSync(base, { recursive: true, force: true }))

async function all(spool: Spool): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of spool.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const openSpools = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(base)
    } catch {
      return false
    }
  }).length

test('keeps little in memory and touches no disk', async () => {
  const dir = join(base, 'none')
  const spool = new Spool(dir, 10)
  spool.write(Buffer.from('hello'))
  spool.write(new Uint8Array(0))
  spool.write(Buffer.from('world'))
  assert.is(spool.size, 10)
  assert.is((await all(spool)).toString(), 'helloworld')
  assert.throws(() => statSync(dir), /ENOENT/)
  spool.discard()
})

test('what is written is copied', async () => {
  const spool = new Spool(base, 10)
  const chunk = Buffer.from('abc')
  spool.write(chunk)
  chunk.fill(0)
  assert.is((await all(spool)).toString(), 'abc')
})

test('beyond the limit it is a file without a name, in a directory of its own', async () => {
  const dir = join(base, 'a', 'b')
  const spool = new Spool(dir, 10)
  spool.write(Buffer.from('0123456789'))
  const more = Buffer.alloc(700_001, 'x')
  spool.write(more)
  assert.equal(readdirSync(dir), [])
  assert.is(statSync(dir).mode & 0o777, 0o700)
  assert.is(openSpools(), 1)
  assert.is(spool.size, 700_011)
  const expected = Buffer.concat([Buffer.from('0123456789'), more])
  assert.ok(expected.equals(await all(spool)))
  const [one, two] = await Promise.all([all(spool), all(spool)])
  assert.ok(expected.equals(one as Buffer) && expected.equals(two as Buffer))
  spool.write(Buffer.from('end'))
  assert.ok((await all(spool)).subarray(-4).equals(Buffer.from('xend')))
  spool.discard()
  spool.discard()
  assert.is(openSpools(), 0)
})

test('a directory that cannot be made is a fault, not a loss', () => {
  writeFileSync(join(base, 'file'), '')
  const spool = new Spool(join(base, 'file', 'x'), 1)
  assert.throws(
    () => spool.write(Buffer.from('abc')),
    (error: unknown) =>
      error instanceof NixsecretError && error.code === 'io' && /ENOTDIR/.test(error.message),
  )
})

test('after discard it is gone', async () => {
  const spool = new Spool(base, 10)
  spool.write(Buffer.from('abc'))
  spool.discard()
  assert.throws(() => spool.write(Buffer.from('d')), /discard/)
})

test.run()
