import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { identityPaths, looseMode, readIdentityFile } from '../../src/host/identity-files.ts'

const home = mkdtempSync(join(tmpdir(), 'identity-'))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
mkdirSync(join(home, '.ssh'))
const file = (name: string, content: string | Buffer, mode = 0o600) => {
  const path = join(home, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}
const env = { HOME: home }

async function fault(path: string): Promise<NixsecretError> {
  try {
    await readIdentityFile(path)
  } catch (error) {
    assert.instance(error, NixsecretError)
    return error as NixsecretError
  }
  throw new Error('was read')
}

test('the environment comes before configuration, that before the usual places', () => {
  assert.equal(identityPaths([], { env }), [])
  const rsa = file('.ssh/id_rsa', 'x')
  const ed25519 = file('.ssh/id_ed25519', 'x')
  assert.equal(identityPaths([], { env }), [ed25519, rsa])
  const own = file('.config/git-nixsecret/identity.txt', 'x')
  assert.equal(identityPaths([], { env }), [own, ed25519, rsa])
  const xdg = file('xdg/git-nixsecret/identity.txt', 'x')
  assert.equal(identityPaths([], { env: { ...env, XDG_CONFIG_HOME: join(home, 'xdg') } }), [
    xdg,
    ed25519,
    rsa,
  ])
  assert.equal(identityPaths([], { env: { ...env, XDG_CONFIG_HOME: 'relative' } }), [own, ed25519, rsa])
  assert.equal(identityPaths(['/a', '~/b', '/a', ''], { env }), ['/a', join(home, 'b')])
  assert.equal(identityPaths(['/a'], { env: { ...env, NIXSECRET_IDENTITY: '~/k' } }), [join(home, 'k')])
  assert.equal(identityPaths(['/a'], { env: { ...env, NIXSECRET_IDENTITY: '' } }), ['/a'])
})

test('reads a file of keys, through links and up to 1 MiB', async () => {
  assert.is((await readIdentityFile(file('key', 'AGE\n'))).toString(), 'AGE\n')
  assert.is((await readIdentityFile(file('empty', ''))).length, 0)
  assert.is((await readIdentityFile(file('most', Buffer.alloc(1 << 20)))).length, 1 << 20)
  const error = await fault(file('more', Buffer.alloc((1 << 20) + 1)))
  assert.is(error.code, 'identity')
  assert.match(error.message, /larger than 1 MiB/)
})

test('says what is wrong with a path', async () => {
  const missing = await fault(join(home, 'no\x1bne'))
  assert.is(missing.code, 'missing')
  assert.match(missing.message, /^no file of private keys at ".*no\\033ne"$/)
  assert.equal(missing.hints, ['git config --get-all --show-origin nixsecret.identity'])
  assert.match((await fault(home)).message, /is a directory, not a file of private keys$/)
  const fifo = join(home, 'fifo')
  execFileSync('mkfifo', [fifo])
  assert.match((await fault(fifo)).message, /not a regular file/)
  assert.match((await fault('/dev/zero')).message, /not a regular file/)
  if (process.getuid?.() !== 0) {
    const closed = await fault(file('closed', 'x', 0))
    assert.is(closed.code, 'io')
    assert.match(closed.message, /no permission/)
  }
})

test('tells which mode is too loose', () => {
  assert.is(looseMode(file('tight', 'x', 0o600)), null)
  assert.is(looseMode(file('read', 'x', 0o644)), '0644')
  assert.is(looseMode(file('group', 'x', 0o640)), '0640')
  assert.is(looseMode(join(home, 'none')), null)
})

test.run()
