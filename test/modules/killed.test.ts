import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('killed')
let host: ModuleHost
let shims = ''
let at = ''

test.before(async () => {
  host = await ModuleHost.create()
  // Programs that count how often any is started, and at a number do a part of their work and kill who called them.
  shims = host.box.path('shims')
  at = host.box.path('kill-at')
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

/** Every file of the generation in force, with owner, mode and content. */
const STATE = `cd /run/nixsecret/ && find . -path ./.nixsecret -prune -o -type f -printf '%p %u %m ' -exec cat {} \\; -printf '\\n' | sort`
/** What there is outside of it, and what nobody may leave behind. */
const REST = `cd /; ls /run/nixsecret.d | wc -l; find /var/lib -type f -o -type l | sort
  find /var/lib /run -name '*nixsecret-new' -o -name pending; cat /run/nixos/* | sort -u; rm -r /run/nixos`

/** The line by which a configuration's activation installs. */
async function command(configuration: string, programs: string): Promise<string> {
  Object.assign(host.options, { programs })
  const activate = await host.build(configuration)
  const found = /^\S+nixsecret-install install \S+$/m.exec((await host.text(activate)) ?? '')
  return (found as RegExpExecArray)[0]
}

test('leaves the former generation whole at whatever step it is killed, and heals', async () => {
  await host.boot({ disk: 'new' })
  await host.seal({ db: 'one', same: 'same' })
  const first = await command(FIRST, '/usr')
  await host.seal({ db: 'two' })
  const second = await command(SECOND, '/usr')
  const deadly = await command(SECOND, shims)

  const before = await host.lines(`${first} && ${STATE}`)
  const after = await host.lines(`${second} && ${STATE}`)
  assert.is(before.length, 6)
  assert.equal(after, [
    './comes root 400 same',
    './copy root 400 two',
    './db root 400 two',
    './same alice 400 same',
    './templates/t root 400 <two>',
  ])
  const healed = [
    ...after,
    '1',
    ...['/var/lib/comes', '/var/lib/copy', '/var/lib/nixsecret/placed-by-nixsecret'],
    ...['copy.service', 'db.service'],
  ]

  let kills = 0
  for (let step = 1; ; step++) {
    const what = `killed at step ${step}`
    assert.is((await host.sh(`${first} && rm -r /run/nixos; echo ${step} >${at}`)).code, 0, what)
    const killed = await host.run('setsid', ['-w', 'sh', '-c', deadly])
    const state = await host.lines(`rm ${at}; ${STATE}`)
    if (killed.code === 0) {
      assert.equal(state, after)
      break
    }
    assert.ok([9, 137].includes(killed.code), `${what}: ${killed.code} ${killed.stderr}`)
    kills++
    const whole = state.length === before.length ? before : after
    assert.equal(state, whole, what)
    const copies = await host.lines(
      "cd /var/lib; grep -Hc '' copy goes comes; grep -LE '^(one|two|same)$' copy goes comes",
    )
    assert.ok(copies.length <= 3 && copies.every((line) => line.endsWith(':1')), `${what}: ${copies}`)
    assert.equal(await host.lines(`${second} && ${STATE}; ${REST}`), healed, what)
  }
  assert.ok(kills > 30, `only ${kills} steps`)
  process.stdout.write(`(${kills} steps) `)
})

if (ModuleHost.possible('activations that are killed')) test.run()
