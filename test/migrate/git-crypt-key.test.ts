import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { parseGitCryptKey } from '../../src/migrate/git-filter/git-crypt-key.ts'
import { openGitCrypt } from '../../src/migrate/git-filter/open-git-crypt.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'

/** A repository of the real git-crypt with a default and a named key, both exported. */
async function encrypted(contents: readonly Buffer[]) {
  const box = new Sandbox('git-crypt')
  const dir = box.path('repo')
  const git = (...args: string[]) => box.ok('git', args, { cwd: dir })
  await box.ok('git', ['init', '-q', dir])
  await box.ok('git-crypt', ['init'], { cwd: dir })
  await box.ok('git-crypt', ['init', '-k', 'ops_2'], { cwd: dir })
  box.write(join(dir, '.gitattributes'), 'a* filter=git-crypt\nb* filter=git-crypt-ops_2\n')
  for (const [i, content] of contents.entries())
    for (const letter of ['a', 'b']) box.write(join(dir, `${letter}${i}`), content)
  await git('add', '-A')
  const blobOf = async (path: string) =>
    (await box.run('git', ['cat-file', 'blob', `:${path}`], { cwd: dir })).stdout
  await box.ok('git-crypt', ['export-key', box.path('key')], { cwd: dir })
  await box.ok('git-crypt', ['export-key', '-k', 'ops_2', box.path('named')], { cwd: dir })
  return { blobOf, key: readFileSync(box.path('key')), named: readFileSync(box.path('named')) }
}

if (needs('key files of git-crypt', 'git-crypt'))
  test('keys that git-crypt exports open what it encrypted, to the byte', async () => {
    const contents = [0, 1, 15, 16, 17, 5000, 100_000].map((size) => randomBytes(size))
    const { blobOf, key, named } = await encrypted(contents)
    const [one, other] = [parseGitCryptKey(key), parseGitCryptKey(named)]
    assert.is(one.name, '')
    assert.is(other.name, 'ops_2')
    for (const [i, content] of contents.entries()) {
      assert.ok(openGitCrypt(await blobOf(`a${i}`), one.keys)?.equals(content))
      assert.ok(openGitCrypt(await blobOf(`b${i}`), [...one.keys, ...other.keys])?.equals(content))
      assert.is(openGitCrypt(await blobOf(`b${i}`), one.keys), null)
    }
    const blob = await blobOf('a5')
    for (const at of [0, 9, 10, 21, 22, blob.length - 1]) {
      const bent = Buffer.from(blob)
      bent[at] = (bent[at] as number) ^ 1
      assert.is(openGitCrypt(bent, one.keys), null, `byte ${at}`)
    }
    assert.is(openGitCrypt(blob.subarray(0, -1), one.keys), null)
    for (let length = 0; length < named.length; length++) {
      try {
        parseGitCryptKey(named.subarray(0, length))
        assert.unreachable(`${length} bytes of a key file were taken for one`)
      } catch (fault) {
        assert.ok(fault instanceof NixsecretError && fault.code === 'format', `${length}`)
      }
    }
  })

test('fields that are not known are passed over where they may be, and lengths are bounded', () => {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const field = (id: number, value: Buffer) => Buffer.concat([number(id), number(value.length), value])
  const start = Buffer.concat([Buffer.from('\0GITCRYPTKEY', 'latin1'), number(2)])
  const key = Buffer.concat([field(3, randomBytes(32)), field(5, randomBytes(64)), number(0)])
  const name = field(1, Buffer.from('ops'))
  assert.is(
    parseGitCryptKey(Buffer.concat([start, field(2, randomBytes(9)), name, number(0), key])).name,
    'ops',
  )
  for (const bad of [
    Buffer.concat([start, field(7, randomBytes(9)), number(0), key]),
    Buffer.concat([start, field(1, Buffer.from('../x')), number(0), key]),
    Buffer.concat([start, number(0)]),
    Buffer.concat([start, number(0), field(3, randomBytes(31)), field(5, randomBytes(64)), number(0)]),
    Buffer.concat([start, number(0), number(3), number(0xffffffff), randomBytes(32)]),
    Buffer.concat([Buffer.from('\0GITCRYPTKEY', 'latin1'), number(3), number(0), key]),
    Buffer.concat([start, number(0), ...Array.from({ length: 65 }, () => key)]),
    randomBytes(96),
  ])
    assert.throws(
      () => parseGitCryptKey(bad),
      (fault: unknown) => fault instanceof NixsecretError,
    )
})

test.run()
