import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cacheDirs, logDir, stateDir, storeDir } from '../../src/host/nix-dirs.ts'

const test = suite('host/nix-dirs')
const home = mkdtempSync(join(tmpdir(), 'nix-dirs-'))
test.after(() => rmSync(home, { recursive: true }))

test('defaults are those of Nix', () => {
  assert.is(storeDir({}), '/nix/store')
  assert.is(stateDir({}), '/nix/var/nix')
  assert.is(logDir({}), '/nix/var/log/nix')
  assert.equal(cacheDirs({ HOME: home }), [join(home, '.cache/nix')])
})

test('each variable counts, and an empty one does not', () => {
  assert.is(storeDir({ NIX_STORE_DIR: '/a', NIX_STORE: '/b' }), '/a')
  assert.is(storeDir({ NIX_STORE_DIR: '', NIX_STORE: '/b' }), '/b')
  assert.is(stateDir({ NIX_STATE_DIR: '/s' }), '/s')
  assert.is(logDir({ NIX_LOG_DIR: '/l' }), '/l')
  assert.equal(cacheDirs({ HOME: home, XDG_CACHE_HOME: '/x' }), ['/x/nix'])
  assert.equal(cacheDirs({ HOME: home, XDG_CACHE_HOME: '/x', NIX_CACHE_HOME: '/n' }), ['/n', '/x/nix'])
})

test.run()
