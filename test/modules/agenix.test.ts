import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

// agenix's own module, where AGENIX_MODULE names its age.nix and NIXPKGS_LIB the lib that it needs; else the command that
// it renders for each secret.
const { AGENIX_MODULE, NIXPKGS_LIB } = process.env
const test = suite('agenix')
let host: ModuleHost
test.before(async () => {
  host = await ModuleHost.create()
  await host.seal({ db: 'pass$word\n', api: Buffer.from([0, 255, 10, 0]) })
  await host.boot({ disk: 'new' })
})
test.after(() => host.stop())

test('age opens our blobs with the host key, by the very command of agenix', async () => {
  for (const [name, plaintext] of [
    ['db', Buffer.from('pass$word\n')],
    ['api', Buffer.from([0, 255, 10, 0])],
  ] as const) {
    const blob = host.box.path('config/secrets', name)
    await host.ok('age', ['--decrypt', '-i', host.key, '-o', '/run/out', blob])
    assert.equal(await host.read('/run/out'), plaintext)
  }
})

test('our module opens what agenix’s command made, armored or not', async () => {
  const recipient = readFileSync(`${host.key}.pub`, 'utf8').trim()
  const made = ['plain', 'armored'].map(async (name) => {
    const args = [...(name === 'armored' ? ['--armor'] : []), '--recipient', recipient]
    const file = host.box.path('config/secrets', `${name}.age`)
    await host.box.ok('age', [...args, '-o', file], { input: `made by age, ${name}` })
  })
  await Promise.all(made)
  await host.ok(
    await host.build(`{
      nixsecret.secrets.plain.file = ./secrets/plain.age;
      nixsecret.secrets.armored.file = ./secrets/armored.age;
    }`),
  )
  assert.is(await host.text('/run/nixsecret/plain'), 'made by age, plain')
  assert.is(await host.text('/run/nixsecret/armored'), 'made by age, armored')
  assert.equal(await host.nix.find(['made by age']), [])
})

if (AGENIX_MODULE !== undefined && NIXPKGS_LIB !== undefined)
  test('agenix’s module and ours install the same secret from the same file', async () => {
    const theirs = `{
      age.identityPaths = [ "${host.key}" ];
      age.secrets.db = { file = ./secrets/db; owner = "1001"; mode = "0440"; };
    }`
    const ours = `{
      nixsecret.secrets.db = { file = ./secrets/db; owner = "1001"; mode = "0440"; };
    }`
    const both = host.evaluation(theirs, 'activate', NIXPKGS_LIB)
    both[both.indexOf('module') + 1] = AGENIX_MODULE
    const agenix = (await host.nix.ok('nix-build', ['--no-out-link', ...both])).trim()
    await host.ok(agenix)
    await host.ok(await host.build(ours))
    assert.is(await host.text('/run/agenix/db'), 'pass$word\n')
    assert.is(await host.text('/run/nixsecret/db'), 'pass$word\n')
    assert.is(await host.stat('/run/nixsecret/db'), await host.stat('/run/agenix/db'))
    assert.equal(await host.nix.find(['pass$word']), [])
  })
else
  process.stdout.write('agenix’s own module was not run; AGENIX_MODULE and NIXPKGS_LIB name it and its lib\n')

if (ModuleHost.possible('blobs with agenix')) test.run()
