import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, read } from '../support/story.ts'

const MARK = 'plain-mark-311'
const alice = await Person.create('alice')
const disk = alice.box.path('disk')

function mounted(): boolean {
  if (process.getuid?.() !== 0) return false
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' })
    process.prependListener('exit', () => execFileSync('umount', ['-l', disk]))
    return true
  } catch {
    return false
  }
}

if (mounted()) {
  const dir = join(disk, 'repo')
  const large = randomBytes(3 << 20)
  large.write(MARK, 500)

  test('a full disk while adding: refused, nothing lost, nothing in plaintext', async () => {
    await alice.box.ok('git', ['init', '-q', dir])
    await alice.git(dir, 'nixsecret', 'init', '--no-hooks')
    alice.box.write(join(dir, 'secrets/small'), `${MARK} small`)
    await alice.git(dir, 'add', '-A')
    await alice.git(dir, 'commit', '-qm', 'small')
    alice.box.write(join(dir, 'secrets/large'), large)
    writeFileSync(join(dir, 'filler'), randomBytes(3 << 20))
    const before = await alice.git(dir, 'ls-files', '-s')
    const add = await alice.tryGit(dir, 'add', 'secrets/large')
    assert.is.not(add.code, 0)
    assert.match(add.stderr, /No space left|ENOSPC|disk full|disk is full|unable to write/i)
    assert.not.match(add.stderr, /at .*\.js:\d/)
    assert.ok(read(dir, 'secrets/large')?.equals(large))
    assert.is(await alice.git(dir, 'ls-files', '-s'), before)
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
    rmSync(join(dir, 'filler'))
    const objects = join(dir, '.git/objects')
    for (const file of alice.box.files(objects)) if (/tmp_obj/.test(file)) rmSync(file)
  })

  test('a full disk while checking out: nothing lost, and it goes on when there is room', async () => {
    rmSync(join(dir, 'secrets/large'))
    const half = large.subarray(0, 2 << 20)
    alice.box.write(join(dir, 'secrets/large'), half)
    await alice.git(dir, 'add', '-A')
    await alice.git(dir, 'commit', '-qm', 'large')
    assert.ok(isAge(await blobOf(alice, dir, 'HEAD:secrets/large')))
    rmSync(join(dir, 'secrets'), { recursive: true })
    writeFileSync(join(disk, 'filler'), randomBytes((9 << 20) / 2))
    const checkout = await alice.tryGit(dir, 'checkout', '--', '.')
    assert.is.not(checkout.code, 0)
    assert.match(checkout.stderr, /secrets\/large|No space left/)
    assert.not.match(checkout.stderr, /at .*\.js:\d/)
    rmSync(join(disk, 'filler'))
    await alice.git(dir, 'checkout', '-f', '--', '.')
    assert.ok(read(dir, 'secrets/large')?.equals(half))
    assert.is(read(dir, 'secrets/small')?.toString(), `${MARK} small`)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })
} else process.stdout.write('skipped: a full disk (needs root, to mount a small one)\n')

test.run()
