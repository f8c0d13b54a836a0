import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('killed')
let host: ModuleHost
const KILL_AT = 'kill-at'

test.before(async () => {
  host = await ModuleHost.create()
  // Programs that count how often any is started, and at a number do a part of their work and kill who called them.
  const shims = host.box.path('shims')
  const at = host.box.path(KILL_AT)
  for (const name of ModuleHost.PROGRAMS) {
    const half = ['age', 'cat'].includes(name) ? `/usr/bin/${name} "$@" | head -c 2;` : ''
    host.program(
      shims,
      name,
      `[ -s ${at} ] || exec /usr/bin/${name} "$@"
       read -r left <${at}
       echo $((left - 1)) >${at}
       [ "$left" != 1 ] || { ${half} kill -9 0; }
       exec /usr/bin/${name} "$@"`,
    )
  }
  Object.assign(host.options, { programs: shims })
})
test.after(() => host.stop())

const FIRST = `({ config, ... }: {
  nixsecret.secrets.db = { file = ./secrets/db; restartUnits = [ "db.service" ]; };
  nixsecret.secrets.same = { file = ./secrets/same; owner = "alice"; };
  nixsecret.secrets.goes = { file = ./secrets/same; path = "/var/lib/goes"; symlink = false; };
  nixsecret.secrets.link = { file = ./secrets/db; path = "/var/lib/link"; };
  nixsecret.secrets.copy = { file = ./secrets/db; path = "/var/lib/copy"; symlink = false; reloadUnits = [ "copy.service" ]; };
  nixsecret.templates.t.content = "<\${config.nixsecret.placeholder.db}>";
})`
const SECOND = `({ config, ... }: {
  nixsecret.secrets.db = { file = ./secrets/db; restartUnits = [ "db.service" ]; };
  nixsecret.secrets.same = { file = ./secrets/same; owner = "alice"; };
  nixsecret.secrets.comes = { file = ./secrets/same; path = "/var/lib/comes"; symlink = false; };
  nixsecret.secrets.copy = { file = ./secrets/db; path = "/var/lib/copy"; symlink = false; reloadUnits = [ "copy.service" ]; };
  nixsecret.templates.t.content = "<\${config.nixsecret.placeholder.db}>";
})`

/** Every file of the generation in force, with its content, owner and mode. */
const STATE = `cd /run/nixsecret/ && find . -path ./.nixsecret -prune -o -type f -printf '%p %u %m ' -exec cat {} \\; -printf '\\n' | sort`

test('leaves the former generation whole at whatever step it is killed, and heals', async () => {
  const command = async (configuration: string) => {
    const activate = await host.build(configuration)
    const [line] = /^\S+nixsecret-install install \S+$/m.exec(
      (await host.text(activate)) ?? '',
    ) as RegExpExecArray
    return line
  }
  await host.boot({ disk: 'new' })
  await host.seal({ db: 'one', same: 'same' })
  const first = await command(FIRST)
  await host.seal({ db: 'two' })
  const second = await command(SECOND)

  const states: string[][] = []
  for (const line of [first, second]) {
    assert.is((await host.sh(line)).code, 0)
    states.push(await host.lines(STATE))
  }
  const [before, after] = states as [string[], string[]]
  assert.equal(after, [
    './comes root 400 same',
    './copy root 400 two',
    './db root 400 two',
    './same alice 400 same',
    './templates/t root 400 <two>',
  ])
  assert.is(before.length, 6)

  let kills = 0
  for (let step = 1; ; step++) {
    await host.boot({ disk: 'new' })
    await host.sh(first)
    await host.sh(`echo ${step} >${host.box.path(KILL_AT)}`)
    const killed = await host.run('setsid', ['-w', 'sh', '-c', second])
    await host.sh(`rm ${host.box.path(KILL_AT)}`)
    const state = await host.lines(STATE)
    const what = `killed at step ${step}`
    if (killed.code === 0) {
      assert.equal(state, after)
      break
    }
    assert.ok([9, 137].includes(killed.code), `${what}: ${killed.code} ${killed.stderr}`)
    kills++
    assert.ok(
      [before, after].some((whole) => JSON.stringify(whole) === JSON.stringify(state)),
      `${what}: ${state.join('\n')}`,
    )
    for (const path of ['copy', 'goes']) {
      const content = await host.text(`/var/lib/${path}`)
      assert.ok(['one', 'two', 'same', null].includes(content), `${what}: ${path} is ${content}`)
    }
    const healed = await host.sh(second)
    assert.is(healed.code, 0, what + healed.stderr)
    assert.equal(await host.lines(STATE), after, what)
    assert.is((await host.remains()).length, 1, what)
    assert.equal(
      await host.lines('find /var/lib /run -name "*nixsecret-new"; find /var/lib -type f -o -type l | sort'),
      ['/var/lib/comes', '/var/lib/copy', '/var/lib/nixsecret/placed-by-nixsecret'],
      what,
    )
    assert.equal([...new Set(await host.told('*'))].sort(), ['copy.service', 'db.service'], what)
  }
  assert.ok(kills > 30, `only ${kills} steps`)
  process.stdout.write(`${kills} steps `)
})

if (ModuleHost.possible('activations that are killed')) test.run()
