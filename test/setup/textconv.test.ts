import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TEXTCONV } from '../../src/setup/textconv.ts'
import { has } from '../support/needs.ts'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('textconv')
const LOCKED = 'age-encryption.org/v1\n-> X25519 abc\nbody\0body'

async function make(): Promise<SetupSandbox> {
  const box = await SetupSandbox.make({ key: false })
  await box.git(['config', 'diff.nixsecret.textconv', TEXTCONV])
  box.put('.gitattributes', '* diff=nixsecret\n')
  return box
}

test('plaintext as it is, ciphertext as one line, binary as one line; odd names', async () => {
  const box = await make()
  box.put('a b/c "d"', 'hello $(touch x) `y` \\n\n')
  box.put('-n', 'dash\n')
  box.put('empty', '')
  box.put('locked', LOCKED)
  box.put('armored', '-----BEGIN AGE ENCRYPTED FILE-----\r\nabc\r\n')
  box.put('binary', 'a\0b')
  box.put('almost', 'age-encryption.org/v1')
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'x'])
  const shown = await box.git(['show', '--textconv'])
  assert.match(shown, /^\+hello \$\(touch x\) `y` \\n$/m)
  assert.match(shown, /^\+dash$/m)
  assert.match(shown, /^\+locked: age ciphertext, 45 bytes, checksum \d+$/m)
  assert.match(shown, /^\+locked: age ciphertext, 41 bytes, checksum \d+$/m)
  assert.match(shown, /^\+binary, 3 bytes, checksum \d+$/m)
  assert.match(shown, /^\+age-encryption\.org\/v1$/m)
  assert.not.match(shown, /body/)
  assert.match(await box.git(['log', '-p']), /^\+locked: age/m)
})

test('a change of ciphertext shows, in the work tree too', async () => {
  const box = await make()
  box.put('locked', LOCKED)
  await box.git(['add', '.'])
  await box.git(['commit', '-qm', 'x'])
  box.put('locked', `${LOCKED.slice(0, -1)}X`)
  const shown = await box.git(['diff'])
  assert.match(shown, /^-locked: age ciphertext, 45 bytes/m)
  assert.match(shown, /^\+locked: age ciphertext, 45 bytes/m)
})

for (const shell of ['dash', 'bash', 'busybox']) {
  if (!has(shell)) continue
  test(`runs in ${shell}, silently`, async () => {
    const box = await make()
    const file = box.write('a file', LOCKED)
    const binary = box.write('binary', Buffer.from([255, 0, 254]))
    const args = shell === 'busybox' ? ['sh'] : []
    for (const [path, wanted] of [
      [file, /^locked: age ciphertext, 45 bytes, checksum \d+\n$/],
      [binary, /^binary, 3 bytes, checksum \d+\n$/],
    ] as const) {
      const result = await box.run(shell, [...args, '-c', `${TEXTCONV} "$@"`, 'textconv', path])
      assert.match(result.out, wanted)
      assert.is(result.stderr, '')
    }
  })
}

test.run()
