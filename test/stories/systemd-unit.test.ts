import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { Person, startRepository } from '../support/story.ts'

// As docs/schemes/systemd-unit.md tells it: a unit that decrypts with the host's key when it starts.
const test = suite('stories/systemd-unit')
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DB = 'password-of-the-database'
const API = 'token-of-the-api-22ab\n'

/** The scheme as its author has it: a derivation encrypts the file for the host, which is plaintext until then. */
const AUTHORS = (recipient: string) => `derivation {
  name = "db.age"; system = builtins.currentSystem; builder = "/bin/sh";
  args = [ "-c" "PATH=/usr/bin:/bin; age -r '${recipient}' -o $out \${./secrets/db}" ];
}`

/** The same unit over a sealed file, and the module where systemd does the work. */
const HOST = (key: string) => `{ config, pkgs, ... }: {
  services.openssh.enable = true;
  services.openssh.hostKeys = [ { type = "ed25519"; path = "${key}"; } ];
  systemd.sysusers.enable = true;
  nixsecret.secrets.db = { file = ../secrets/db; restartUnits = [ "app.service" ]; };
  systemd.services.app.serviceConfig.LoadCredential = "db:\${config.nixsecret.secrets.db.path}";
  systemd.services.api-secret = {
    before = [ "api.service" ];
    requiredBy = [ "api.service" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      RuntimeDirectory = "api-secret";
      RuntimeDirectoryMode = "0700";
      UMask = "0077";
      ExecStart = "\${pkgs.age.outPath}/bin/age -d -i ${key} -o %t/api-secret/token \${../sealed/api}";
    };
  };
  systemd.services.api.serviceConfig.LoadCredential = "token:/run/api-secret/token";
}
`

const [program] = needs('a unit that decrypts with the host’s key', 'nix', 'age', 'ssh-keygen')
  ? nixPrograms()
  : []
if (program !== undefined) {
  test('the author’s way leaves plaintext in the store of the machine that builds; ours does not', async () => {
    const admin = await Person.create('admin')
    const { box } = admin
    const key = box.write('etc/ssh/README', '').replace('README', 'ssh_host_ed25519_key')
    await makeSshKey(box, key, 'root@web1')
    const recipient = readFileSync(`${key}.pub`, 'utf8').trim()
    const repo = await startRepository(admin, 'repo', ['--recipient', `web1=${recipient}`])
    const write = (name: string, content: string) => box.write(join(repo, name), content)
    for (const name of [
      'nixos.nix',
      'options.nix',
      'manifest.nix',
      'install-secrets.sh',
      'check-manifest.sh',
    ])
      cpSync(join(ROOT, 'nix', name), join(repo, 'git-nixsecret', name))
    for (const name of ['host.nix', 'stub-lib.nix'])
      cpSync(join(ROOT, 'test/modules', name), join(repo, 'nixos', name))
    write('hosts/web1.nix', HOST(key))
    write(
      'default.nix',
      'import ./nixos/host.nix { module = ./git-nixsecret/nixos.nix; configuration = ./hosts/web1.nix; }',
    )
    write('authors.nix', AUTHORS(recipient))
    write('secrets/db', DB)
    await box.ok('git', ['nixsecret', 'init', '--sealed', '--path', 'sealed/**'], { cwd: repo })
    await box.run('git', ['nixsecret', 'set', 'sealed/api'], { cwd: repo, input: API })
    await admin.git(repo, 'add', '-A')
    // The hook says what is wrong with authors.nix.
    const stopped = await box.run('git', ['commit', '-qm', 'A host'], { cwd: repo })
    assert.is(stopped.code, 1)
    assert.match(stopped.stderr + stopped.out, /authors\.nix:\d+:\d+ \[nix-eval-read\]/)
    assert.not.match(stopped.stderr + stopped.out, /web1\.nix/)
    await admin.git(repo, 'commit', '-qm', 'A host', '--no-verify')

    const nix = new NixPlace(box, program)
    const run = (command: string, ...args: string[]) => nix.run(command, args, { cwd: repo })
    const build = ['nix-build', '--no-out-link', 'default.nix', '-A', 'allChecks']
    const built = await run('git', 'nixsecret', 'sealed', ...build)
    assert.is(built.code, 0, built.stderr)
    const commands = readFileSync(built.out.trim(), 'utf8')
    assert.match(commands, /install-secrets|nixsecret/)
    // The unit's own command, with a place of the test for systemd's.
    const [, command] = /^(\S+age -d .*)$/m.exec(commands) ?? []
    const out = box.path('token')
    await box.ok('sh', ['-c', (command ?? 'false').replace('%t/api-secret/token', out)])
    assert.is(readFileSync(out, 'utf8'), API)
    const clean = await run('git', 'nixsecret', 'audit', '--deep')
    assert.is(clean.code, 0, clean.stderr + clean.out)
    assert.equal(await nix.find([DB, API.trim()]), [])

    // A file that is ciphertext in the work tree is so in any build, and this one reads nothing else.
    write('sealed.nix', `"\${./sealed/api}"`)
    await nix.ok('nix-instantiate', ['--eval', '--strict', '--read-write-mode', 'sealed.nix'], { cwd: repo })
    assert.is((await run('git', 'nixsecret', 'audit', '--deep')).code, 0)

    const leaking = await run('nix-build', '--no-out-link', 'authors.nix')
    assert.is(leaking.code, 0, leaking.stderr)
    assert.match(readFileSync(leaking.out.trim(), 'latin1'), /^age-encryption\.org\/v1\n/)
    const leaks = await run('git', 'nixsecret', 'audit')
    assert.is(leaks.code, 1)
    assert.match(leaks.out, /-db\b[\s\S]*secrets\/db/)
  })
  test.run()
}
