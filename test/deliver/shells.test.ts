import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findProgram } from '../../src/host/find-program.ts'
import { needs } from '../support/needs.ts'
import { Person } from '../support/story.ts'
import { HostPlace } from './host-place.ts'

const test = suite('shells of hosts')

const KEY = '[[host.h1.key]]\npath = "secrets/db"\n'
const TLS =
  '[[host.h1.key]]\npath = "secrets/tls"\nuser = "postgres"\ngroup = "4000"\nmode = "0440"\ndir = "/run/tls"\n'

// NixOS has bash for /bin/sh, other systems busybox for everything. The rest of the tests runs with dash.
for (const name of ['bash', 'busybox']) {
  if (!HostPlace.able(`deliveries to a host with ${name}`, name)) continue
  test(`a host with ${name}: everything, nothing, what changed, what goes, and no room`, async () => {
    const alice = await Person.create('alice')
    const place = await HostPlace.start(alice, findProgram(name) as string)
    try {
      const large = Buffer.alloc(200_001, '\0\n\xffx', 'latin1')
      await place.policy(`[host.h1]\n${KEY}${TLS}`, { 'secrets/db': '', 'secrets/tls': large })
      const done = await place.deliver('h1')
      assert.is(done.code, 0, done.stderr)
      assert.ok(readFileSync(place.at('/run/tls/tls')).equals(large))
      assert.is(place.owner('/run/tls/tls'), '4003:4000 440')
      assert.is(place.text('/run/keys/db'), '')
      const before = await place.state()
      assert.is((await place.deliver('h1')).out, 'h1: 2 unchanged\n')
      assert.is(await place.state(), before)
      await place.policy(`[host.h1]\n${KEY}mode = "0640"\n`, { 'secrets/db': 'plain-mark-75' })
      assert.is(
        (await place.deliver('h1')).out,
        'h1: 1 written, 1 removed, 0 unchanged\n  ~ /run/keys/db  (secrets/db)\n  - /run/tls/tls\n',
      )
      assert.is(place.owner('/run/keys/db'), '0:0 640')
      await place.sh('mount -t tmpfs -o size=64k,mode=755 tmpfs /run/tls')
      await place.policy(`[host.h1]\n${TLS}`)
      const full = await place.deliver('h1')
      assert.match(
        full.stderr,
        /\/run\/tls\/tls can't be written: No space left on device \(nothing was changed\)/,
      )
      assert.equal(place.list('/run/tls'), [])
      assert.is(place.text('/run/keys/db'), 'plain-mark-75')
    } finally {
      await place.stop()
    }
  })
}

if (needs('the script for hosts, looked through', 'shellcheck')) {
  test('the script for hosts is a sound POSIX one', () => {
    const file = fileURLToPath(new URL('../../src/deliver/on-host.sh', import.meta.url))
    const { stdout, status } = spawnSync('shellcheck', [file], { encoding: 'utf8' })
    assert.is(status, 0, stdout)
  })
}

test.run()
