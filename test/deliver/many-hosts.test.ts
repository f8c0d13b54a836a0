import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Person } from '../support/story.ts'
import { HostPlace } from './host-place.ts'

const test = suite('deliveries to many hosts')

if (HostPlace.able('deliveries to 50 hosts')) {
  test('50 hosts, one of them gone: the others are served, and it is said', async () => {
    const alice = await Person.create('alice')
    const place = await HostPlace.start(alice)
    try {
      const names = Array.from({ length: 49 }, (_, i) => `h${i + 1}`)
      // One machine stands for all of them, so that each has a folder of its own there.
      const hosts = [...names, 'hgone'].map(
        (name) => `[host.${name}]\n[[host.${name}.key]]\npath = "secrets/db"\ndir = "/run/${name}"\n`,
      )
      await place.policy(hosts.join(''), { 'secrets/db': 'plain-mark-74' })
      const done = await place.deliver('--all', '--json', '--jobs', '12')
      assert.is(done.code, 1)
      assert.match(
        done.stderr,
        /error: hgone: ssh cannot reach it: .*Connection refused\nhint: ssh -- hgone true\n/,
      )
      assert.match(done.stderr, /1 host of 50 failed: hgone\n$/)
      assert.not.match(done.stderr, '\x1b')
      const states = JSON.parse(done.out).hosts.map(
        ({ host, state }: Record<string, string>) => `${host} ${state}`,
      )
      assert.equal(states, [...names.map((name) => `${name} done`), 'hgone failed'])
      for (const name of names) assert.is(place.text(`/run/${name}/db`), 'plain-mark-74')
      assert.equal(place.list('/var/lib/git-nixsecret/deliver'), [...names].sort())
    } finally {
      await place.stop()
    }
  })
}

test.run()
