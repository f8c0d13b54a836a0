import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'
import { SystemdHost } from './systemd-host.ts'

const test = suite('systemd')
let host: ModuleHost
let machine: SystemdHost | undefined
test.before(async () => {
  host = await ModuleHost.create()
})
test.after.each(() => machine?.stop())

const configuration = (file: string) => `({ config, ... }: {
  systemd.sysusers.enable = true;
  nixsecret.secrets.db = { file = ./secrets/db; restartUnits = [ "use.service" ]; };
  nixsecret.secrets.other = { file = ./secrets/${file}; restartUnits = [ "other.service" ]; };
  systemd.services.use = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      DynamicUser = true;
      LoadCredential = "db:\${config.nixsecret.secrets.db.path}";
      ExecStart = "/bin/sh -c 'id -u; cat \\"$CREDENTIALS_DIRECTORY/db\\"; cat \${config.nixsecret.secrets.db.path}; exec sleep 99999'";
      StandardOutput = "append:/run/use.out";
      StandardError = "append:/run/use.err";
    };
  };
  systemd.services.other = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "/bin/sh -c 'exec sleep 99999'";
  };
})`

test('hands secrets to a service without rights by LoadCredential, and restarts it once when they change', async () => {
  await host.seal({ db: 'one\n', other: 'other\n', 'alien/other': 'of others' })
  machine = await SystemdHost.boot(host, configuration('alien/other'))
  const { lines, until, sh } = {
    lines: machine.lines.bind(machine),
    until: machine.until.bind(machine),
    sh: machine.sh.bind(machine),
  }
  await until('grep -q Permission /run/use.err')
  const [id, ...secrets] = await lines('cat /run/use.out')
  assert.ok(Number(id) >= 61184, `a dynamic user, not ${id}`)
  assert.equal(secrets, ['one'])
  assert.equal(await lines('cat /run/use.err'), ['cat: /run/nixsecret/db: Permission denied'])

  // What fails shows, and fails its own unit only.
  const failed = () => lines('systemctl list-units --failed --plain --no-legend | cut -d " " -f 1')
  assert.equal(await failed(), ['nixsecret-secret-other.service', 'nixsecret.service'])
  assert.is((await sh('systemctl is-active other.service')).out.trim(), 'inactive')
  assert.match((await sh('systemctl start other.service')).stderr, 'Assertion failed')
  assert.is((await sh('systemctl is-active use.service')).out.trim(), 'active')

  await host.seal({ db: 'two\n' })
  await machine.deploy(configuration('other'))
  await until('grep -q two /run/use.out')
  await until('systemctl is-active other.service')
  assert.equal(await lines('grep -v "^[0-9]" /run/use.out'), ['one', 'two'])
  assert.equal(await failed(), [])

  // Nothing changed, nothing restarts; then it fails, and what there is stays in force.
  await machine.deploy(configuration('other'))
  await machine.deploy(configuration('alien/other'))
  await until('systemctl is-failed nixsecret-secret-other.service')
  assert.equal(await lines('grep -v "^[0-9]" /run/use.out'), ['one', 'two'])
  assert.equal(await lines('cat /run/nixsecret/other'), ['other'])
  assert.is((await sh('systemctl restart other.service')).code, 0)
})

if (ModuleHost.possible('units in a real systemd') && SystemdHost.possible('units in a real systemd'))
  test.run()
