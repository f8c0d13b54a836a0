import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('places')
let host: ModuleHost
test.before(async () => {
  host = await ModuleHost.create({ shell: '/bin/dash' })
  await host.seal({ db: 'one', api: 'api' })
})
test.before.each(() => host.boot({ disk: 'new' }))
test.after(() => host.stop())

const inode = async (path: string) => host.ok('stat', ['-c', '%i', path])
const exists = async (path: string) => (await host.sh(`test -e '${path}' || test -L '${path}'`)).code === 0

test('makes links and copies where they are wanted, and removes them', async () => {
  const script = await host.build(`{
    nixsecret.secrets.link = { file = ./secrets/db; path = "/var/lib/deep er/db $x"; owner = "alice"; };
    nixsecret.secrets.copy = { file = ./secrets/db; path = "/var/lib/copies/db"; symlink = false; owner = "alice"; group = "web"; mode = "0640"; };
    nixsecret.secrets.stays.file = ./secrets/api;
  }`)
  await host.ok(script)
  assert.is(await host.text('/var/lib/deep er/db $x'), 'one')
  assert.is((await host.ok('readlink', ['/var/lib/deep er/db $x'])).trim(), '/run/nixsecret/link')
  assert.is(await host.stat('/var/lib/deep er'), 'root root 755')
  assert.is(
    (await host.ok('stat', ['-c', '%F %U %G %a', '/var/lib/copies/db'])).trim(),
    'regular file alice web 640',
  )
  assert.is(await host.text('/var/lib/copies/db'), 'one')

  // What is right is let alone; what is not is put right.
  const before = await inode('/var/lib/copies/db')
  await host.ok(script)
  assert.is(await inode('/var/lib/copies/db'), before)
  await host.sh('chmod 0666 /var/lib/copies/db; rm "/var/lib/deep er/db \\$x"')
  await host.ok(script)
  assert.is(await host.stat('/var/lib/copies/db'), 'alice web 640')
  assert.is(await host.text('/var/lib/deep er/db $x'), 'one')

  // After a reboot the copy is there, and known to be ours.
  await host.boot()
  assert.is(await host.text('/var/lib/copies/db'), 'one')
  await host.ok(script)
  await host.boot()
  await host.ok(await host.build('{ nixsecret.secrets.stays.file = ./secrets/api; }'))
  assert.not(await exists('/var/lib/copies/db'))
  assert.not(await exists('/var/lib/deep er/db $x'))
  assert.equal(await host.lines('find /run/nixsecret/ -maxdepth 1 -type f'), ['/run/nixsecret/stays'])
  assert.equal(await host.lines('find /var/lib -type f'), [])
})

test('removes everything when there are no secrets any more', async () => {
  await host.ok(
    await host.build(`{
      nixsecret.secrets.copy = { file = ./secrets/db; path = "/var/lib/copy"; symlink = false; };
      nixsecret.secrets.early = { file = ./secrets/db; path = "/var/lib/early"; neededForUsers = true; };
    }`),
  )
  assert.ok(await exists('/var/lib/copy'))
  assert.is(await host.text('/var/lib/early'), 'one')
  await host.ok(await host.build('{ services.openssh.enable = false; }'))
  assert.equal(await host.lines('find /var/lib /run/nixsecret*.d -type f ! -path "*/.nixsecret/*"'), [])
  assert.equal(await host.lines('find /var/lib -type l'), [])
})

test('never removes what is another one’s', async () => {
  await host.ok(
    await host.build(`{
      nixsecret.secrets.copy = { file = ./secrets/db; path = "/var/lib/copy"; symlink = false; };
      nixsecret.secrets.link = { file = ./secrets/db; path = "/var/lib/link"; };
      nixsecret.secrets.swap = { file = ./secrets/db; path = "/var/lib/swap"; };
    }`),
  )
  await host.sh(
    'echo mine > /var/lib/copy; ln -sfn /etc/passwd /var/lib/link; rm /var/lib/swap; echo mine > /var/lib/swap',
  )
  await host.ok(await host.build('{ nixsecret.secrets.stays.file = ./secrets/api; }'))
  assert.is(await host.text('/var/lib/copy'), 'mine\n')
  assert.is(await host.text('/var/lib/swap'), 'mine\n')
  assert.is((await host.ok('readlink', ['/var/lib/link'])).trim(), '/etc/passwd')
})

test('changes between copy, link and default place', async () => {
  const at = (rest: string) => host.build(`{ nixsecret.secrets.db = { file = ./secrets/db; ${rest} }; }`)
  const kind = async () => (await host.ok('stat', ['-c', '%F', '/var/lib/db'])).trim()
  await host.ok(await at('path = "/var/lib/db"; symlink = false;'))
  assert.is(await kind(), 'regular file')
  await host.ok(await at('path = "/var/lib/db";'))
  assert.is(await kind(), 'symbolic link')
  await host.ok(await at('path = "/var/lib/db"; symlink = false;'))
  assert.is(await kind(), 'regular file')
  await host.ok(await at('path = "/var/lib/db";'))
  await host.ok(await at(''))
  assert.not(await exists('/var/lib/db'))
})

test('fails only that secret whose place or owner is impossible', async () => {
  await host.sh('echo file > /var/lib/file; mkdir -p /var/lib/dir/full')
  const result = await host.run(
    await host.build(`{
      nixsecret.secrets.below = { file = ./secrets/db; path = "/var/lib/file/db"; symlink = false; };
      nixsecret.secrets.dir = { file = ./secrets/db; path = "/var/lib/dir"; };
      nixsecret.secrets.owner = { file = ./secrets/db; owner = "nobody-knows"; };
      nixsecret.secrets.good = { file = ./secrets/api; path = "/var/lib/good"; };
    }`),
  )
  assert.is(result.code, 1)
  assert.match(result.stderr, "secret below can't be put at /var/lib/file/db")
  assert.match(result.stderr, "secret dir can't be put at /var/lib/dir")
  assert.match(result.stderr, "secret owner can't be given to nobody-knows:0")
  assert.is(await host.text('/var/lib/good'), 'api')
  assert.is(await host.read('/run/nixsecret/owner'), null)
  assert.equal(await host.lines('ls /var/lib/dir'), ['full'])
  assert.equal(await host.lines('find /var/lib /run -name "*.nixsecret-new"'), [])
  assert.equal(await host.lines('sort /run/nixsecret/.nixsecret/status'), [
    'fresh nixsecret-secret-below.service',
    'fresh nixsecret-secret-dir.service',
    'fresh nixsecret-secret-good.service',
    'missing nixsecret-secret-owner.service',
    'unplaced nixsecret-secret-below.service',
    'unplaced nixsecret-secret-dir.service',
  ])
})

test('does not follow a name that somebody prepared', async () => {
  await host.sh(
    'mkdir /var/lib/of-alice; echo safe > /var/lib/root-file; ln -s /var/lib/root-file /var/lib/of-alice/db.nixsecret-new',
  )
  await host.ok(
    await host.build(
      '{ nixsecret.secrets.db = { file = ./secrets/db; path = "/var/lib/of-alice/db"; symlink = false; owner = "alice"; }; }',
    ),
  )
  assert.is(await host.text('/var/lib/root-file'), 'safe\n')
  assert.is(await host.text('/var/lib/of-alice/db'), 'one')
})

for (const symlink of [true, false])
  test(`root follows no link that a user made, but root's own: symlink = ${symlink}`, async () => {
    const at = (path: string) =>
      host.build(
        `{ nixsecret.secrets.db = { file = ./secrets/db; path = "${path}"; symlink = ${symlink}; owner = "alice"; }; }`,
      )
    await host.sh(
      'mkdir -p /var/lib/home/alice /var/lib/system; chown alice /var/lib/home/alice; echo safe > /var/lib/system/app;' +
        'ln -s /var/lib/system /var/lib/home/alice/conf; chown -h alice /var/lib/home/alice/conf; ln -s /var/lib/home /var/lib/homes',
    )
    for (const path of ['/var/lib/home/alice/conf/app', '/var/lib/home/alice/conf/new/app']) {
      const { code, stderr } = await host.sh(await at(path))
      assert.is(code, 1)
      assert.match(
        stderr,
        /secret db can't be put at .*: \/var\/lib\/home\/alice\/conf is a link that a user made/,
      )
      assert.equal(await host.lines('cd /var/lib/system && find .'), ['.', './app'])
      assert.is(await host.text('/var/lib/system/app'), 'safe\n')
    }
    await host.ok(await at('/var/lib/homes/alice/deep/app'))
    assert.is(await host.text('/var/lib/home/alice/deep/app'), 'one')
    // Nor where something is taken away.
    await host.sh(
      'mv /var/lib/home/alice/deep /var/lib/system/deep; ln -s /var/lib/system/deep /var/lib/home/alice/deep; chown -h alice /var/lib/home/alice/deep',
    )
    assert.is((await host.sh(await host.build('{ nixsecret.secrets.other.file = ./secrets/api; }'))).code, 0)
    assert.equal(await host.lines('cd /var/lib/system/deep && find . -mindepth 1'), ['./app'])
  })

if (ModuleHost.possible('places of secrets')) test.run()
