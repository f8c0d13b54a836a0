import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { userStateDir } from '../../src/host/state-dir.ts'

const home = mkdtempSync(join(tmpdir(), 'state-'))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))

test('is made, for its owner alone', () => {
  const dir = userStateDir({ HOME: home })
  assert.is(dir, join(home, '.local/state/git-nixsecret'))
  assert.is(statSync(dir).mode & 0o777, 0o700)
  chmodSync(dir, 0o755)
  userStateDir({ HOME: home, XDG_STATE_HOME: 'relative' })
  assert.is(statSync(dir).mode & 0o777, 0o700)
  assert.is(userStateDir({ XDG_STATE_HOME: join(home, 'x') }), join(home, 'x/git-nixsecret'))
})

test('may be a link to a directory of the same user', () => {
  mkdirSync(join(home, 'real'))
  mkdirSync(join(home, 'linked'))
  symlinkSync(join(home, 'real'), join(home, 'linked/git-nixsecret'))
  userStateDir({ XDG_STATE_HOME: join(home, 'linked') })
  assert.is(statSync(join(home, 'real')).mode & 0o777, 0o700)
})

test('is refused where it is a file, a dangling link, or another user’s', () => {
  mkdirSync(join(home, 'file'))
  writeFileSync(join(home, 'file/git-nixsecret'), '')
  assert.throws(
    () => userStateDir({ XDG_STATE_HOME: join(home, 'file') }),
    /state directory .* cannot be made: EEXIST/,
  )
  mkdirSync(join(home, 'dangling'))
  symlinkSync(join(home, 'nowhere'), join(home, 'dangling/git-nixsecret'))
  assert.throws(() => userStateDir({ XDG_STATE_HOME: join(home, 'dangling') }), /state directory/)
  if (process.getuid?.() !== 0) return
  mkdirSync(join(home, 'other/git-nixsecret'), { recursive: true })
  chownSync(join(home, 'other/git-nixsecret'), 65534, 65534)
  assert.throws(
    () => userStateDir({ XDG_STATE_HOME: join(home, 'other') }),
    /belongs to another user \(65534\)/,
  )
})

test.run()
