import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { findPlaintext, Person, startRepository } from '../support/story.ts'
import { ROOT } from './flake-place.ts'

const DB = 'a password for the database\n'
const TOKEN = 'a token for the web\0\xff'
const HOSTS = `
[host.web1]
address = "root@web1.example.org"
[[host.web1.key]]
path = "/secrets/db"
user = "postgres"
[[host.web1.key]]
path = "secrets/web/a token"
name = "token"
dir = "/var/lib/web"
group = "keys"
mode = "440"
[host.web2]
layout = "terraform-nixos"
[[host.web2.key]]
path = "/secrets/db"
`
const FILES = ['lib.nix', 'host-keys.nix', 'sealed-check.nix', 'extra-builtins.nix']

// A flake of a user, with what `inputs.git-nixsecret.lib` and nixpkgs would give in it.
const FLAKE = (root: string) => `{
  outputs = { self }:
    let
      nixsecret = import ./inputs/lib.nix;
      lib = import ./inputs/${process.env.NIXPKGS_LIB === undefined ? 'stub-lib.nix' : 'nixpkgs-lib'};
      machine = deployment: (lib.evalModules {
        modules = [ ./inputs/deploy-options.nix { inherit deployment; } ];
      }).config.deployment;
    in
    {
      web1 = machine { keys = nixsecret.deploymentKeys { src = self; host = "web1"; root = "${root}"; }; };
      inTop = machine { keys = nixsecret.deploymentKeys { src = self; host = "web1"; }; };
      morph = machine { secrets = nixsecret.morphSecrets { src = self; host = "web1"; root = "${root}"; }; };
      system = derivation {
        name = "system";
        system = "${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux";
        builder = "/bin/sh";
        args = [ "-c" "echo $keys > $out" ];
        keys = builtins.toJSON self.web1;
      };
    };
}`

interface Key {
  readonly keyCommand: readonly [string, ...string[]]
  readonly path: string
  readonly user: string
  readonly group: string
  readonly permissions: string
}

if (needs('keys for NixOps, colmena and morph', 'nix')) {
  const admin = await Person.create('deployer')
  const repo = await startRepository(admin)
  const write = (name: string, content: string | Buffer) => admin.box.write(join(repo, name), content)
  write('secrets/db', DB)
  write('secrets/web/a token', Buffer.from(TOKEN, 'latin1'))
  write('nixsecret.toml', readFileSync(join(repo, 'nixsecret.toml'), 'utf8') + HOSTS)
  write('flake.nix', FLAKE(repo))
  mkdirSync(join(repo, 'inputs'))
  for (const name of FILES) copyFileSync(join(ROOT, 'nix', name), join(repo, 'inputs', name))
  copyFileSync(join(ROOT, 'test/flake/deploy-options.nix'), join(repo, 'inputs/deploy-options.nix'))
  copyFileSync(join(ROOT, 'test/modules/stub-lib.nix'), join(repo, 'inputs/stub-lib.nix'))
  if (process.env.NIXPKGS_LIB !== undefined)
    write('inputs/nixpkgs-lib/default.nix', `import ${process.env.NIXPKGS_LIB}`)
  await admin.git(repo, 'add', '-A')
  await acceptAll(admin.box, repo)
  await admin.git(repo, 'commit', '-qm', 'Hosts')
  // As colmena and NixOps run it: without a shell, and standard input is empty.
  const run = async ([command, ...args]: readonly [string, ...string[]], cwd: string) => {
    const { code, stdout, stderr } = await admin.box.run(command, args, { cwd })
    assert.is(code, 0, stderr)
    return stdout.toString('latin1')
  }

  for (const program of nixPrograms())
    test(`keys come from the policy, by commands, and the store has nothing of them (Nix ${program.version})`, async () => {
      const nix = new NixPlace(admin.box, program, `nix-${program.version}`)
      const sealed = (...args: string[]) =>
        nix.ok('git', ['nixsecret', 'sealed', 'nix', ...args], { cwd: repo })
      const impure = process.env.NIXPKGS_LIB === undefined ? [] : ['--impure']
      const value = async (output: string) =>
        JSON.parse(await sealed('eval', ...impure, '--json', `@sealed@#${output}`))

      const { keys } = (await value('web1')) as { keys: Record<string, Key> }
      const shown = Object.entries(keys).map(([name, key]) => [
        name,
        key.path,
        key.user,
        key.group,
        key.permissions,
      ])
      assert.equal(shown, [
        ['db', '/run/keys/db', 'postgres', 'root', '0600'],
        ['token', '/var/lib/web/token', 'root', 'keys', '0440'],
      ])
      assert.is(await run((keys.db as Key).keyCommand, '/'), DB)
      assert.is(await run((keys.token as Key).keyCommand, '/'), TOKEN)

      const inTop = (await value('inTop')).keys as Record<string, Key>
      assert.is(await run((inTop.db as Key).keyCommand, repo), DB)
      // What `git nixsecret sealed colmena apply` starts is started in the twin.
      const command = ['nixsecret', 'sealed', '--', ...(inTop.token as Key).keyCommand]
      assert.is((await nix.run('git', command, { cwd: repo })).stdout.toString('latin1'), TOKEN)

      const { secrets } = await value('morph')
      assert.equal(secrets.db.source, join(repo, 'secrets/db'))
      assert.is(readFileSync(secrets.db.source, 'utf8'), DB)
      assert.equal(
        [secrets.db.destination, secrets.db.owner],
        ['/run/keys/db', { user: 'postgres', group: 'root' }],
      )

      await sealed('build', ...impure, '--no-link', '@sealed@#system')
      assert.ok(nix.names().some((name) => name.endsWith('-system')))
      assert.equal(await nix.find([DB.trim(), TOKEN.slice(0, 19)]), [])
    })

  const [oldest] = nixPrograms()
  if (oldest !== undefined)
    test('what cannot be a key is refused by name', async () => {
      const nix = new NixPlace(admin.box, oldest, 'nix-faults')
      const bad = (key: string) => `[[host.a.key]]\npath = "x"\n${key}\n`
      const cases: [string, string, RegExp][] = [
        ['', 'host = "web9"', /has no \[host\.web9\]; there are: a/],
        [bad(''), 'host = "a"; root = ./.', /root must be a string/],
        [bad(`user = "x'; reboot"`), 'host = "a"', /a "user" that cannot be used/],
        [bad('dir = "keys"'), 'host = "a"', /a "dir" that/],
        [bad('name = "../x"'), 'host = "a"', /a "name" that/],
        [bad('mode = "0644"'), 'host = "a"', /a "mode" that/],
        [bad('mode = 600'), 'host = "a"', /a "mode" that/],
        ['[[host.a.key]]\nname = "x"\n', 'host = "a"', /a "path" that/],
        [bad('') + bad('dir = "/x"'), 'host = "a"', /two keys of \[host\.a\] are called alike/],
        ['layout = "krops"\n', 'host = "a"', /layout "krops".*deliver/],
      ]
      const library = join(ROOT, 'nix/lib.nix')
      for (const [i, [toml, args, why]] of cases.entries()) {
        admin.box.write(`bad/${i}/nixsecret.toml`, `[host.a]\n${toml}`)
        const call = `(import ${library}).deploymentKeys { src = ${admin.box.path(`bad/${i}`)}; ${args}; }`
        const { code, stderr } = await nix.run('nix-instantiate', ['--eval', '--strict', '-E', call])
        assert.is(code, 1, call)
        assert.match(stderr, why)
      }
    })

  test('nothing was left in git', async () => {
    assert.equal(await findPlaintext(admin, repo, [DB.trim()]), [])
  })
}

test.run()
