import { rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('activation')
let host: ModuleHost
const run = (name: string, body: (host: ModuleHost) => Promise<void>) => {
  test(name, async () => {
    await host.boot({ disk: 'new' })
    await body(host)
  })
}
test.before(async () => {
  host = await ModuleHost.create()
})
test.after(() => host.stop())

/** Bytes that no text handling survives. */
const BINARY = Buffer.from([...Array(256).keys(), 10, 10, 0, 37, 115, 36, 120, 92, 110, 10])

run('decrypts to memory, for the owner, and again to a second generation', async (host) => {
  await host.seal({ db: 'pass$word\n', key: BINARY, empty: 'x', 'alien/one': 'not for this host' })
  const script = await host.build(`{
    nixsecret.secrets.db = { file = ./secrets/db; owner = "alice"; group = "web"; mode = "0440"; };
    nixsecret.secrets."a key $x 'y' \\"z\\" %s \\\\ &" = { file = ./secrets/key; owner = 1001; group = "1002"; };
    nixsecret.secrets."sub/deep/key" = { file = ./secrets/key; };
  }`)
  const result = await host.run(script)
  assert.is(result.code, 0, result.stderr)
  assert.is(result.stderr, '')
  assert.is(await host.text('/run/nixsecret/db'), 'pass$word\n')
  assert.is(await host.stat('/run/nixsecret/db'), 'alice web 440')
  assert.equal(await host.read(`/run/nixsecret/a key $x 'y' "z" %s \\ &`), BINARY)
  assert.is(await host.stat(`/run/nixsecret/a key $x 'y' "z" %s \\ &`), 'alice web 400')
  assert.is(await host.stat('/run/nixsecret/sub/deep/key'), 'root root 400')
  assert.is(await host.stat('/run/nixsecret/sub/deep'), 'root root 751')
  assert.is(await host.stat('/run/nixsecret/'), 'root keys 751')
  assert.is(await host.stat('/run/nixsecret/.nixsecret'), 'root root 700')
  assert.is(await host.stat('/run/nixsecret.d'), 'root keys 751')
  const mounts = await host.lines('grep " /run/nixsecret.d " /proc/mounts')
  assert.is(mounts.length, 1)
  assert.match(mounts[0] as string, /ramfs rw,nosuid,nodev,.*mode=751/)
  // Its owner can read it, and nobody else.
  const as = (user: string) =>
    host.sh(`setpriv --reuid ${user} --clear-groups --regid 65534 cat /run/nixsecret/db`)
  assert.is((await as('1001')).code, 0)
  assert.is.not((await as('65534')).code, 0)

  await host.ok(script)
  assert.is(await host.text('/run/nixsecret/db'), 'pass$word\n')
  assert.equal(await host.remains(), ['2'])
  assert.is((await host.lines('grep -c " /run/nixsecret.d " /proc/mounts'))[0], '1')
  assert.equal(await host.told('*'), [])
  assert.is((await host.sh('test -e /run/activated-to-the-end')).code, 0)
})

run('tells units once, and only of what changed', async (host) => {
  const configuration = `{
    nixsecret.secrets.db = { file = ./secrets/db; restartUnits = [ "a.service" "b.service" ]; };
    nixsecret.secrets.same = { file = ./secrets/same; restartUnits = [ "same.service" ]; };
    nixsecret.secrets.api = { file = ./secrets/api; restartUnits = [ "a.service" ]; reloadUnits = [ "b.service" "c.service" ]; };
  }`
  await host.seal({ db: 'one', same: 'same', api: 'one' })
  const first = await host.build(configuration)
  await host.ok(first)
  assert.equal(await host.told('*'), [], 'nothing at boot')
  await host.ok(first)
  assert.equal(await host.told('*'), [], 'nothing when nothing changed')

  // The same plaintext, encrypted anew, is no change.
  await host.seal({ db: 'two', api: 'two' })
  await host.person.git(host.repo, 'nixsecret', 'rekey')
  const second = await host.build(configuration)
  assert.is.not(first, second)
  const dry = await host.build(configuration, 'dryActivate')
  const before = await host.lines('find /run /var/lib -printf "%p %i %T@\\n" | sort')
  await host.ok(dry, [], { env: { NIXOS_ACTION: 'dry-activate' } })
  assert.equal(await host.told('dry-activation-restart-list'), ['a.service', 'b.service'])
  assert.equal(await host.told('dry-activation-reload-list'), ['c.service'])
  await host.sh('rmdir /run/nixos')
  const after = await host.lines('find /run /var/lib -printf "%p %i %T@\\n" | sort')
  const beside = (lines: string[]) => lines.filter((line) => !/^\/run(\/activated-to-the-end)? /.test(line))
  assert.equal(beside(after), beside(before), 'a dry activation writes nothing else')

  await host.ok(second)
  assert.equal(await host.told('activation-restart-list'), ['a.service', 'b.service'])
  assert.equal(await host.told('activation-reload-list'), ['c.service'])
  assert.is(await host.text('/run/nixsecret/db'), 'two')
  await host.ok(second)
  assert.equal(await host.told('*'), [])
})

run('what is kept has the owner and mode that it is to have now', async (host) => {
  const configuration = (file: string, more: string) =>
    `{ nixsecret.secrets.db = { file = ./secrets/${file}; ${more} }; }`
  await host.seal({ db: 'first', 'alien/db': 'secret of others' })
  await host.ok(await host.build(configuration('db', 'mode = "0444";')))
  assert.is(await host.stat('/run/nixsecret/db'), 'root root 444')
  const broken = await host.run(
    await host.build(configuration('alien/db', 'mode = "0400"; owner = "alice";')),
  )
  assert.is(broken.code, 1)
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  assert.is(await host.stat('/run/nixsecret/db'), 'alice root 400')
})

run('keeps the last good version of what fails, beside good ones', async (host) => {
  const configuration = (file: string) =>
    `{
    nixsecret.secrets.db = { file = ./secrets/${file}; owner = "alice"; restartUnits = [ "db.service" ]; };
    nixsecret.secrets.ok = { file = ./secrets/ok; restartUnits = [ "ok.service" ]; };
    nixsecret.templates.both.content = "\${config.nixsecret.placeholder.db}-\${config.nixsecret.placeholder.ok}";
  }`
      .replace('{', '({ config, ... }: {')
      .concat(')')
  await host.seal({ db: 'first', ok: 'one', 'alien/db': 'secret of others' })
  await host.ok(await host.build(configuration('db')))
  assert.is(await host.text('/run/nixsecret/templates/both'), 'first-one')

  await host.seal({ ok: 'two' })
  const broken = await host.build(configuration('alien/db'))
  const result = await host.run(broken)
  assert.is(result.code, 1)
  assert.match(result.stderr, "nixsecret: error: secret db can't be decrypted")
  assert.match(result.stderr, 'nixsecret: error: secret db stays as it was')
  assert.match(result.out, "snippet 'nixsecret' failed (1)")
  assert.is((await host.sh('test -e /run/activated-to-the-end')).code, 0, 'the activation goes on')
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  assert.is(await host.stat('/run/nixsecret/db'), 'alice root 400')
  assert.is(await host.text('/run/nixsecret/ok'), 'two')
  assert.is(await host.text('/run/nixsecret/templates/both'), 'first-one')
  assert.equal(await host.told('activation-restart-list'), [
    'nixsecret-secret-db.service',
    'nixsecret-template-both.service',
    'ok.service',
  ])
  const check = async (name: string) =>
    host.run(await host.build(configuration('alien/db'), `checks.${name}`))
  const failed = await check('nixsecret-secret-db')
  assert.is(failed.code, 1)
  assert.match(
    failed.stderr,
    'error: secret db could not be renewed: /run/nixsecret/db has its last good version',
  )
  assert.match(failed.stderr, /hint: git nixsecret recipient add HOST 'ssh-ed25519 \S+'/)
  assert.is((await check('nixsecret-secret-ok')).code, 0)
  assert.is((await check('nixsecret-template-both')).code, 1)

  // Once more, and it is no news; then it heals.
  assert.is((await host.run(broken)).code, 1)
  assert.equal(await host.told('*'), [])
  await host.ok(await host.build(configuration('db')))
  assert.equal(await host.told('activation-restart-list'), [
    'nixsecret-secret-db.service',
    'nixsecret-template-both.service',
  ])
  assert.is(await host.text('/run/nixsecret/templates/both'), 'first-two')
})

run('leaves out, after a reboot, only what fails', async (host) => {
  await host.seal({ db: 'first', ok: 'one', 'alien/db': 'secret of others' })
  const configuration = (file: string) => `{
    nixsecret.secrets.db = { file = ./secrets/${file}; restartUnits = [ "db.service" ]; };
    nixsecret.secrets.ok.file = ./secrets/ok;
  }`
  const broken = await host.build(configuration('alien/db'))
  const result = await host.run(broken)
  assert.is(result.code, 1)
  assert.is(await host.read('/run/nixsecret/db'), null)
  assert.is(await host.text('/run/nixsecret/ok'), 'one')
  assert.equal(await host.told('*'), [], 'nothing at boot')
  const check = await host.run(await host.build(configuration('alien/db'), 'checks.nixsecret-secret-db'))
  assert.match(check.stderr, 'error: secret db could not be installed: there is no /run/nixsecret/db')
  // Its unit could not start: now it can.
  await host.ok(await host.build(configuration('db')))
  assert.equal(await host.told('activation-restart-list'), ['db.service', 'nixsecret-secret-db.service'])

  await host.boot()
  await host.ok(await host.build(configuration('db')))
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  assert.equal(await host.remains(), ['1'])
})

run('changes nothing where nothing can work', async (host) => {
  await host.seal({ db: 'first' })
  const script = await host.build('{ nixsecret.secrets.db.file = ./secrets/db; }')
  const tries = async (what: string, pattern: RegExp) => {
    const result = await host.run(script)
    assert.is(result.code, 1, what)
    assert.match(result.stderr, pattern, what)
    assert.match(result.stderr, 'nothing was changed')
    assert.is((await host.sh('test -e /run/activated-to-the-end')).code, 0)
  }
  await host.sh(`mv ${host.key} ${host.key}.away`)
  await tries('no identity, at boot', /there is no identity to decrypt with/)
  assert.is((await host.sh('test -e /run/nixsecret')).code, 1)
  await host.sh(`mv ${host.key}.away ${host.key}`)
  await host.ok(script)
  const good = async () => {
    assert.is(await host.text('/run/nixsecret/db'), 'first')
    assert.equal(await host.remains(), ['1'])
  }

  await host.sh(`mv ${host.key} ${host.key}.away; : > ${host.key}`)
  await tries('no identity', /no private key at .*ssh_host_ed25519_key\n(.*\n)*hint: ssh-keygen -A/)
  await good()
  await host.sh(`mv ${host.key}.away ${host.key}`)

  await host.sh('mount --bind /dev/null /usr/bin/age')
  await tries('age is missing', /age is missing: \/usr\/bin\/age/)
  await host.sh('umount /usr/bin/age')
  await good()

  await host.sh('rm /run/nixsecret; mkdir /run/nixsecret; echo mine > /run/nixsecret/x')
  await tries('a directory in the way', /\/run\/nixsecret is no symbolic link of ours/)
  assert.is(await host.text('/run/nixsecret/x'), 'mine\n')
})

run('never puts a secret where a disk may be', async (host) => {
  await host.seal({ db: 'first' })
  const script = await host.build('{ nixsecret.secrets.db.file = ./secrets/db; }')
  await host.sh(
    'mkdir /run/nixsecret.d; mount --bind /var/lib /run/nixsecret.d; mount -t proc x /run/nixsecret.d',
  )
  const result = await host.run(script)
  assert.match(result.stderr, '/run/nixsecret.d is on proc, which may be a disk')
  await host.boot()
  await host.sh('mount --bind /bin/false /usr/bin/mount')
  assert.match((await host.run(script)).stderr, /no ramfs on \/run\/nixsecret.d/)
  assert.equal(await host.lines('find /run/nixsecret.d -type f'), [])
  await host.sh('umount /usr/bin/mount')
})

run('keeps the last generation when the memory file system is full', async (host) => {
  const configuration =
    '{ nixsecret.secrets.db.file = ./secrets/db; nixsecret.secrets.api.file = ./secrets/api; }'
  await host.seal({ db: 'first', api: 'one' })
  await host.sh('mkdir /run/nixsecret.d; mount -t tmpfs -o size=256k,mode=0751 small /run/nixsecret.d')
  const first = await host.run(await host.build(configuration))
  assert.is(first.code, 0)
  assert.match(first.stderr, 'is a tmpfs without noswap')
  await host.seal({ db: 'x'.repeat(300_000), api: 'two' })
  const result = await host.run(await host.build(configuration))
  assert.is(result.code, 1)
  assert.match(result.stderr, 'secret db can be decrypted, but not written to /run/nixsecret.d')
  assert.match(result.stderr, 'nothing was changed')
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  assert.is(await host.text('/run/nixsecret/api'), 'one')
  assert.equal(await host.remains(), ['1'])
  // Nor where not a byte is left.
  await host.sh('dd if=/dev/zero of=/run/nixsecret.d/full bs=4k 2>/dev/null')
  await host.seal({ db: 'third', api: 'three' })
  assert.is((await host.run(await host.build(configuration))).code, 1)
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  assert.is(await host.text('/run/nixsecret/api'), 'one')
  await host.sh('rm /run/nixsecret.d/full')
  await host.ok(await host.build(configuration))
  assert.is(await host.text('/run/nixsecret/api'), 'three')
})

run('gives users their passwords before they are made', async (host) => {
  await host.seal({ password: '$6$hash', db: 'first' })
  const configuration = (more: string) => `{
    nixsecret.secrets.password = { file = ./secrets/password; neededForUsers = true; };
    nixsecret.secrets.db = { file = ./secrets/db; owner = "alice"; };
    ${more}
  }`
  const rendered = await host.eval(configuration(''))
  const { path } = rendered.nixsecret.secrets.password
  assert.is(path, '/run/nixsecret-for-users/password')
  await host.sh(`echo ${path} > /run/want-password`)
  await host.ok(await host.build(configuration('')))
  assert.is(await host.text('/run/seen-by-users'), '$6$hash')
  assert.is(await host.stat('/run/nixsecret-for-users/password'), 'root root 400')
  assert.is(await host.stat('/run/nixsecret-for-users/'), 'root root 751')
  assert.is(await host.stat('/run/nixsecret/db'), 'alice root 400')
  assert.is(await host.read('/run/nixsecret/password'), null)
  // A template may have both.
  const template = `nixsecret.templates.t.content = "\${config.nixsecret.placeholder.password}:\${config.nixsecret.placeholder.db}";`
  const both = `({ config, ... }: ${configuration(template)})`
  await host.ok(await host.build(both))
  assert.is(await host.text('/run/nixsecret/templates/t'), '$6$hash:first')
  const dry = await host.build(both, 'dryActivate')
  await host.ok(dry, [], { env: { NIXOS_ACTION: 'dry-activate' } })
  // Both directories go with their secrets.
  await host.sh('rm /run/want-password')
  await host.ok(await host.build('{ }'))
  assert.equal(await host.lines('find /run/nixsecret*.d/ ! -path "*/.nixsecret*" -type f'), [])
})

run('lets two activations follow each other', async (host) => {
  await host.seal({ db: 'first' })
  const script = await host.build('{ nixsecret.secrets.db.file = ./secrets/db; }')
  const results = await Promise.all([1, 2, 3, 4].map(() => host.run(script)))
  assert.equal(
    results.map((result) => result.code),
    [0, 0, 0, 0],
  )
  assert.equal(await host.remains(), ['4'])
  assert.is(await host.text('/run/nixsecret/db'), 'first')
})

run('reads with the good key beside one that age refuses', async (host) => {
  await host.seal({ db: 'first' })
  const bad = host.box.write('bad-key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n')
  const script = await host.build(`{
    nixsecret.secrets.db.file = ./secrets/db;
    nixsecret.identityPaths = [ "${bad}" "${host.key}" ];
  }`)
  await host.ok(script)
  assert.is(await host.text('/run/nixsecret/db'), 'first')
  rmSync(bad)
  await host.ok(script)
})

if (ModuleHost.possible('activation of the NixOS module')) test.run()
