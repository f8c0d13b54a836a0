import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FallbackSpool } from '../../src/filter/fallback-spool.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('nixsecret-spool')

test('a place that takes no more is left, with what lies there', async () => {
  // What runs under the shell below: a file may have 1 MiB, whatever the place.
  if (process.env.SPOOL_DIR !== undefined) {
    const piece = randomBytes(300_000)
    const spool = new FallbackSpool(process.env.SPOOL_DIR, true)
    for (let i = 0; i < 6; i++) spool.write(piece)
    for (let i = 0; i < 2; i++) {
      const whole = Buffer.concat([...spool.read()])
      assert.is(whole.length, spool.size)
      assert.ok(whole.equals(Buffer.concat(Array.from({ length: 6 }, () => piece))))
    }
    spool.discard()
    const bounded = new FallbackSpool(process.env.SPOOL_DIR, false)
    assert.throws(() => {
      for (let i = 0; i < 6; i++) bounded.write(piece)
    }, 'cannot write a temporary file')
    bounded.discard()
    return
  }
  const command = 'trap "" XFSZ; ulimit -f 2048 && exec "$0" --import tsx "$1"'
  const args = ['-c', command, process.execPath, import.meta.filename]
  const env = { SPOOL_DIR: box.path('spool'), XDG_RUNTIME_DIR: undefined }
  const { code, out, stderr } = await box.run('sh', args, { cwd: process.cwd(), env })
  assert.is(code, 0, out + stderr)
})

test.run()
