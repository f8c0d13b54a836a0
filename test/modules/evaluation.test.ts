import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nixPrograms } from '../support/nix.ts'
import { ModuleHost } from './module-host.ts'

const REAL_LIB = process.env.NIXPKGS_LIB
/** Both libs, where there is a real one: what one says the other has to say, too. */
const LIBS: [string, string | undefined][] = [
  ['our stub', undefined],
  ...(REAL_LIB === undefined ? [] : ([['nixpkgs', REAL_LIB]] as [string, string][])),
]
const possible = ModuleHost.possible('evaluation of the NixOS module')
if (possible && REAL_LIB === undefined)
  process.stdout.write('evaluated with our stub of lib alone; NIXPKGS_LIB names the real one\n')

const EVERYTHING = `({ config, ... }: {
  nixsecret.secrets.db = { file = ./secrets/db; owner = "postgres"; restartUnits = [ "a.service" "t@x.service" "s.socket" ]; };
  nixsecret.secrets.api = { file = ./secrets/db; path = "/etc/a b%c"; symlink = false; reloadUnits = [ "a.service" ]; };
  nixsecret.secrets."odd name" = { file = ./secrets/db; name = "x/y"; mode = "440"; owner = 12; };
  nixsecret.secrets.password = { file = ./secrets/db; neededForUsers = true; };
  nixsecret.templates.t = { content = "\${config.nixsecret.placeholder.db}\${config.nixsecret.placeholder.password}"; restartUnits = [ "b.service" ]; };
  users.users.postgres.group = "pg";
  systemd.services.a = { after = [ "network.target" ]; serviceConfig.ExecStart = "true"; };
  SYSUSERS
})`

for (const [index, program] of (possible ? nixPrograms() : []).entries()) {
  const test = suite(`evaluation, Nix ${program.version}`)
  let host: ModuleHost
  test.before(async () => {
    host = await ModuleHost.create({ nix: program })
    await host.seal({ db: 'one' })
    host.box.write('config/plain', 'plain')
    host.box.write('config/key', 'AGE-SECRET-KEY-1')
  })
  test.after(() => host.stop())

  const refuses = async (configuration: string, ...patterns: RegExp[]) => {
    for (const [name, lib] of LIBS) {
      const result = await host.tryEval(configuration, 'rendered', lib)
      assert.is.not(result.code, 0, `${name}: ${result.out}`)
      for (const pattern of patterns) assert.match(result.stderr, pattern, name)
    }
  }
  const stored = () => host.nix.names().filter((name) => /-(key|plain)$/.test(name))

  test('refuses an identity that Nix would copy to its store, and copies nothing', async () => {
    const secret = 'nixsecret.secrets.db.file = ./secrets/db;'
    const mend = /nixsecret\.identityPaths = \[ "\/etc\/ssh\/ssh_host_ed25519_key" \]/
    await refuses(
      `{ ${secret} nixsecret.identityPaths = [ ./key ]; }`,
      /nixsecret\.identityPaths: .*\/key is written as a path/,
      mend,
    )
    await refuses(
      `{ ${secret} nixsecret.identityPaths = [ "/x" /etc/ssh/ssh_host_ed25519_key ]; }`,
      /written as a path/,
      mend,
    )
    const inStore = `${host.nix.store}/abc-key`
    await refuses(
      `{ ${secret} nixsecret.identityPaths = [ "${inStore}" ]; }`,
      /is in the world-readable store/,
      mend,
    )
    assert.equal(stored(), [])
    // Too late to keep it out, and that is said.
    await refuses(
      `{ ${secret} nixsecret.identityPaths = [ "\${./key}" ]; }`,
      /world-readable store/,
      /replace that key/,
      mend,
    )
  })

  test('refuses a file that the build could not see', async () => {
    await refuses(
      '{ nixsecret.secrets.db.file = "/var/lib/db.age"; }',
      /nixsecret\.secrets\."db"\.file is the string "\/var\/lib\/db\.age"/,
      /file = \.\/secrets\/db;/,
    )
    await refuses(
      '{ nixsecret.secrets.db.file = ./secrets/none; }',
      /nixsecret\.secrets\."db"\.file: there is no .*secrets\/none\./,
      /git add it/,
    )
    await host.eval('({ pkgs, ... }: { nixsecret.secrets.db.file = "${./.}/secrets/db"; })')
  })

  test('refuses what can only fail later', async () => {
    const db = 'nixsecret.secrets.db.file = ./secrets/db;'
    await refuses(
      `{ ${db} services.openssh.enable = false; }`,
      /nixsecret\.identityPaths is empty/,
      /services\.openssh\.enable = true/,
    )
    await refuses(
      `({ config, ... }: { ${db} nixsecret.templates.t.content = config.nixsecret.placeholder.typo; })`,
      /attribute 'typo' missing/,
    )
    const foreign = `<nixsecret:${'0'.repeat(64)}>`
    await refuses(
      `{ ${db} nixsecret.templates.t.content = "${foreign}"; }`,
      /nixsecret\.templates\."t"\.content has a placeholder of no secret/,
    )
    await refuses(
      `{ ${db} nixsecret.secrets.db.restartUnits = [ "nginx" ]; }`,
      /nixsecret\.secrets\.db\.restartUnits/,
    )
    await refuses(`{ ${db} nixsecret.secrets.db.mode = "u=r"; }`, /nixsecret\.secrets\.db\.mode/)
    await refuses(
      `{ ${db} nixsecret.secrets.db.neededForUsers = true; nixsecret.secrets.db.owner = "alice"; }`,
      /nixsecret\.secrets\."db"\.owner and \.group/,
    )
    await refuses(
      `{ ${db} nixsecret.secrets.x = { file = ./secrets/db; name = "db"; }; }`,
      /have one `name`: db/,
    )
    await refuses(
      `{ ${db} nixsecret.secrets.x = { file = ./secrets/db; path = "/run/nixsecret/db"; }; }`,
      /have one `path`: \/run\/nixsecret\/db/,
    )
    await refuses(`{ ${db} nixsecret.secrets."db/x".file = ./secrets/db; }`, /folder in the name of db\/x/)
    for (const name of ['../x', 'a//b', '.', '/x', '.nixsecret/status'])
      await refuses(`{ nixsecret.secrets."${name}".file = ./secrets/db; }`, /can't be the name of a file/)
    await refuses('{ nixsecret.secrets."a\\nb" = { file = ./secrets/db; name = "c"; }; }', /newline/)
    await refuses(`{ ${db} nixsecret.secretsDir = "/run/a b"; }`, /nixsecret\.secretsDir/)
  })

  for (const more of ['', 'systemd.sysusers.enable = true;', 'services.userborn.enable = true;']) {
    test(`renders the same with each lib ${more}`, async () => {
      const texts: string[] = []
      for (const [, lib] of LIBS)
        texts.push(JSON.stringify(await host.eval(EVERYTHING.replace('SYSUSERS', more), 'rendered', lib)))
      for (const text of texts) assert.is(text, texts[0])
      const { scripts, services, warnings, nixsecret } = JSON.parse(texts[0] as string)
      assert.is(warnings.length, 1)
      assert.match(warnings[0], 'nixsecret.secrets."api".symlink = false puts plaintext at /etc/a b%c')
      assert.is(nixsecret.secrets.db.group, 'pg')
      assert.is(nixsecret.secrets['odd name'].group, '0')
      assert.is(nixsecret.secrets['odd name'].path, '/run/nixsecret/x/y')
      assert.equal(nixsecret.identityPaths, [host.key, '/nowhere/rsa'])

      // Who uses a secret needs it to be there.
      assert.equal(services.a.unitConfig.AssertPathExists, ['/etc/a b%%c', '/run/nixsecret/db'])
      assert.equal(services.b.unitConfig.AssertPathExists, ['/run/nixsecret/templates/t'])
      assert.equal(
        Object.keys(services).filter((name) => !name.startsWith('nixsecret')),
        ['a', 'b'],
      )
      const check = services['nixsecret-secret-db']
      assert.equal(check.wantedBy, ['multi-user.target'])
      assert.match(
        check.serviceConfig.ExecStart,
        / check \/run\/nixsecret\/\.nixsecret\/manifest nixsecret-secret-db\.service$/,
      )
      assert.match(
        services['nixsecret-secret-password'].serviceConfig.ExecStart,
        '/run/nixsecret-for-users/.nixsecret/manifest',
      )
      assert.ok(Object.keys(services).every((name) => /^[\w.-]+$/.test(name)))

      if (more === '') {
        assert.equal(scripts.users.deps, ['nixsecretForUsers'])
        assert.equal(scripts.nixsecret.deps, ['specialfs', 'users', 'groups'])
        assert.is(services.nixsecret, undefined)
        assert.equal(services.a.after, ['network.target'])
        return
      }
      assert.equal(Object.keys(scripts).sort(), ['groups', 'specialfs', 'users'])
      assert.equal(scripts.users.deps, [])
      const [early, late] = [services['nixsecret-for-users'], services.nixsecret]
      for (const unit of ['systemd-sysusers.service', 'userborn.service', 'sysinit.target']) {
        assert.ok(early.before.includes(unit) && early.wantedBy.includes(unit), unit)
      }
      assert.equal(late.after, [
        'local-fs.target',
        'systemd-sysusers.service',
        'userborn.service',
        'nixsecret-for-users.service',
      ])
      assert.equal(late.before, ['sysinit.target', 'sysinit-reactivation.target', 'shutdown.target'])
      assert.equal(late.wantedBy, ['sysinit.target'])
      assert.equal(late.requiredBy, ['sysinit-reactivation.target'])
      assert.is(late.unitConfig.DefaultDependencies, false)
      assert.equal(late.unitConfig.RequiresMountsFor, [host.key, '/nowhere/rsa', '/var/lib/nixsecret'])
      assert.equal(services.a.after.sort(), ['network.target', 'nixsecret.service'])
      assert.equal(check.after, ['nixsecret.service'])
    })
  }

  test('does nothing without secrets', async () => {
    const { scripts, services } = await host.eval('{ services.openssh.enable = false; }')
    assert.equal(services, {})
    assert.match(scripts.nixsecret.text, /^if \[ -L \/run\/nixsecret \]/)
  })

  if (index === 0)
    test('evaluates a hundred secrets quickly', async () => {
      const secrets = Array.from(
        { length: 100 },
        (
          _,
          i,
        ) => `nixsecret.secrets.s${i} = { file = ./secrets/db; restartUnits = [ "u${i % 10}.service" ]; };
          nixsecret.templates.t${i}.content = "a=\${config.nixsecret.placeholder.s${i}}";`,
      )
      for (const [name, lib] of LIBS) {
        const times: number[] = []
        for (const count of [1, 100]) {
          const configuration = `({ config, ... }: { ${secrets.slice(0, count).join('\n')} })`
          const start = performance.now()
          await host.eval(configuration, 'rendered', lib)
          times.push(performance.now() - start)
        }
        const [one, hundred] = times as [number, number]
        process.stdout.write(`(${name}: 1 in ${one.toFixed(0)} ms, 100 in ${hundred.toFixed(0)} ms) `)
        assert.ok(hundred < one + 5000, `${name}: ${hundred} ms`)
      }
    })

  test.run()
}
