import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('units')
let host: ModuleHost
test.before(async () => {
  host = await ModuleHost.create({ shell: '/bin/dash' })
  // systemctl as the script finds it: what it is asked, is written down.
  const programs = host.box.path('programs')
  for (const name of ModuleHost.PROGRAMS) host.program(programs, name, `exec /usr/bin/${name} "$@"`)
  host.program(programs, 'systemctl', 'echo "$@" >>/run/asked')
  Object.assign(host.options, { programs })
})
test.before.each(() => host.boot({ disk: 'new' }))
test.after(() => host.stop())

const configuration = (file: string, early = 'password') => `({ config, ... }: {
  systemd.sysusers.enable = true;
  nixsecret.secrets.db = { file = ./secrets/${file}; owner = "alice"; restartUnits = [ "a.service" "b.service" ]; };
  nixsecret.secrets.api = { file = ./secrets/api; reloadUnits = [ "b.service" "c.service" ]; restartUnits = [ "a.service" ]; };
  nixsecret.secrets.password = { file = ./secrets/${early}; neededForUsers = true; };
  nixsecret.templates.t.content = "\${config.nixsecret.placeholder.db}/\${config.nixsecret.placeholder.password}";
})`
const unit = async (text: string, name: string) => host.run(await host.build(text, `checks.${name}`))
const asked = () => host.lines('cat /run/asked && rm /run/asked')

test('installs by units, before users and after them', async () => {
  await host.seal({ db: 'one', api: 'one', password: '$6$x' })
  // Activation does nothing: it would be too early.
  await host.ok(await host.build(configuration('db')))
  assert.equal(await host.lines('ls /run | grep nixsecret'), [])

  assert.is((await unit(configuration('db'), 'nixsecret-for-users')).code, 0)
  assert.is(await host.text('/run/nixsecret-for-users/password'), '$6$x')
  assert.is(await host.read('/run/nixsecret/db'), null)
  assert.is((await unit(configuration('db'), 'nixsecret')).code, 0)
  assert.is(await host.text('/run/nixsecret/db'), 'one')
  assert.is(await host.stat('/run/nixsecret/db'), 'alice root 400')
  assert.is(await host.text('/run/nixsecret/templates/t'), 'one/$6$x')
  assert.equal(await asked(), [], 'nothing at boot')
  assert.is((await unit(configuration('db'), 'nixsecret-secret-db')).code, 0)
  assert.is((await unit(configuration('db'), 'nixsecret-secret-password')).code, 0)

  assert.is((await unit(configuration('db'), 'nixsecret')).code, 0)
  assert.equal(await asked(), [])
  await host.seal({ db: 'two', api: 'two' })
  assert.is((await unit(configuration('db'), 'nixsecret')).code, 0)
  assert.equal(await asked(), [
    '--system --no-block try-restart -- a.service b.service',
    '--system --no-block try-reload-or-restart -- c.service',
  ])
  assert.equal(await host.told('*'), [])
})

test('starts units that waited for their secret', async () => {
  await host.seal({ db: 'one', api: 'one', password: '$6$x', 'alien/db': 'x' })
  await unit(configuration('db'), 'nixsecret-for-users')
  const failed = await unit(configuration('alien/db'), 'nixsecret')
  assert.is(failed.code, 1)
  assert.match(failed.stderr, "secret db can't be decrypted")
  assert.is(await host.text('/run/nixsecret/api'), 'one')
  assert.is((await unit(configuration('alien/db'), 'nixsecret-secret-db')).code, 1)
  assert.is((await unit(configuration('alien/db'), 'nixsecret-template-t')).code, 1)
  assert.is((await unit(configuration('alien/db'), 'nixsecret-secret-api')).code, 0)
  assert.equal(await asked(), [])
  assert.is((await unit(configuration('db'), 'nixsecret')).code, 0)
  assert.equal(await asked(), [
    '--system --no-block restart -- nixsecret-secret-db.service a.service b.service nixsecret-template-t.service',
  ])
})

test('says so where nothing was installed at all', async () => {
  await host.seal({ db: 'one' })
  const check = await unit('{ nixsecret.secrets.db.file = ./secrets/db; }', 'nixsecret-secret-db')
  assert.is(check.code, 1)
  assert.match(check.stderr, 'there is no /run/nixsecret/.nixsecret/manifest: nothing was installed')
})

if (ModuleHost.possible('units of the NixOS module')) test.run()
