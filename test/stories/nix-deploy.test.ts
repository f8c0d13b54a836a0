import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from '../modules/module-host.ts'
import { NixPlace, type NixProgram, nixPrograms } from '../support/nix.ts'
import { type RunOptions, type RunResult, Sandbox } from '../support/sandbox.ts'
import { findPlaintext } from '../support/story.ts'

// All of it, as docs/nix.md tells it: one machine deploys, another builds from the remote and decrypts.
const test = suite('stories/nix-deploy')
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SYSTEM = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`
const TOPLEVEL = 'nixosConfigurations."web1".config.system.build.toplevel'

const FIRST = 'first-passphrase-of-the-database'
const CHANGED = 'not-yet-committed-passphrase'
const ROTATED = 'rotated-passphrase-of-the-database'
const API = 'token-of-the-api-1c44'
const SECRETS = [FIRST, CHANGED, ROTATED, API]

const FLAKE = `{
  outputs = { self }: {
    nixosConfigurations.web1.config.system.build.toplevel =
      (import ./nixos/host.nix {
        module = ./git-nixsecret/nixos.nix;
        configuration = ./hosts/web1.nix;
        system = "${SYSTEM}";
        shell = "/bin/bash";
      }).activate;
  };
}
`

const HOST = (key: string) => `{ ... }: {
  services.openssh.enable = true;
  services.openssh.hostKeys = [ { type = "ed25519"; path = "${key}"; } ];
  nixsecret.secrets.db = {
    file = ../secrets/db;
    owner = "alice";
    group = "web";
    mode = "0440";
    restartUnits = [ "app.service" ];
  };
  nixsecret.secrets.api = { file = ../secrets/api; restartUnits = [ "app.service" "api.service" ]; };
}
`

/** The machine that deploys, with its open work tree; the one deployed to; and the remote between them. */
class Deployment {
  /** Its person and NixPlace are those of the deploying machine, its mount namespace is that of web1. */
  readonly host: ModuleHost
  readonly remote: string
  readonly web1 = new Sandbox('web1')
  readonly #web1Nix: NixPlace

  private constructor(host: ModuleHost, program: NixProgram) {
    this.host = host
    this.remote = host.box.path('remote.git')
    this.#web1Nix = new NixPlace(this.web1, program)
  }

  static async begin(program: NixProgram): Promise<Deployment> {
    const story = new Deployment(await ModuleHost.create({ nix: program }), program)
    const { host, remote } = story
    await host.box.ok('git', ['init', '-q', '--bare', remote])
    await host.person.git(remote, 'nixsecret', 'init', '--server')
    for (const name of [
      'nixos.nix',
      'options.nix',
      'manifest.nix',
      'install-secrets.sh',
      'check-manifest.sh',
    ])
      cpSync(join(ROOT, 'nix', name), join(host.repo, 'git-nixsecret', name))
    for (const name of ['host.nix', 'stub-lib.nix'])
      cpSync(join(ROOT, 'test/modules', name), join(host.repo, 'nixos', name))
    story.write('flake.nix', FLAKE)
    story.write('hosts/web1.nix', HOST(host.key))
    story.write('secrets/db', `${FIRST}\n`)
    story.write('secrets/api', API)
    await story.git('add', '-A')
    await story.git('commit', '-q', '-m', 'A host with two secrets')
    await story.git('remote', 'add', 'origin', remote)
    await story.git('push', '-q', '-u', 'origin', 'main')
    await host.boot({ disk: 'new' })
    return story
  }

  write(path: string, content: string): void {
    this.host.box.write(join(this.host.repo, path), content, 0o600)
  }

  git(...args: string[]): Promise<string> {
    return this.host.person.git(this.host.repo, ...args)
  }

  /** Runs a command on the deploying machine, in the open work tree. */
  deploying(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.host.nix.run(command, args, { cwd: this.host.repo, ...options })
  }

  audit(...args: string[]): Promise<RunResult> {
    return this.deploying('git', ['nixsecret', 'audit', ...args])
  }

  /** Runs a command on web1, with its home and its Nix. */
  onWeb1(command: string, args: readonly string[], cwd = this.web1.dir): Promise<string> {
    return this.host.ok('env', ['-C', cwd, command, ...args], { env: this.#web1Nix.env })
  }

  /** Builds the system on web1. @returns its store path */
  async build(reference: string, cwd?: string): Promise<string> {
    const link = this.web1.path('result')
    await this.onWeb1('nix', ['build', '-o', link, `${reference}#${TOPLEVEL}`], cwd)
    return (await this.onWeb1('readlink', [link])).trim()
  }

  /** Where plaintext is that must not be: store and caches of a machine, or the remote. */
  async leaks(of: 'deploying' | 'web1' | 'remote'): Promise<string[]> {
    if (of === 'remote') return findPlaintext(this.host.person, this.remote, SECRETS)
    return (of === 'web1' ? this.#web1Nix : this.host.nix).find(SECRETS)
  }

  end(): void {
    this.host.stop()
    this.host.box.remove()
    this.web1.remove()
  }
}

/** web1 has no key but that of its SSH server, and no filter: what it clones is locked. */
async function deploys(story: Deployment): Promise<void> {
  const { host } = story
  const clone = story.web1.path('clone')
  await story.onWeb1('git', ['clone', '-q', story.remote, clone])
  const fromClone = await story.build('.', clone)
  const head = (await story.git('rev-parse', 'HEAD')).trim()
  const fromRemote = await story.build(`git+file://${story.remote}?ref=main&rev=${head}`)
  assert.is(fromRemote, fromClone)

  assert.is(await host.text('/run/nixsecret/db'), null)
  const activated = await host.run(fromRemote)
  assert.is(activated.code, 0, activated.stderr)
  assert.is(activated.stderr, '')
  assert.is(await host.text('/run/nixsecret/db'), `${FIRST}\n`)
  assert.is(await host.stat('/run/nixsecret/db'), 'alice web 440')
  assert.is(await host.text('/run/nixsecret/api'), API)
  assert.is(await host.stat('/run/nixsecret/api'), 'root root 400')
  assert.equal(await host.told('*'), [], 'nothing is restarted at boot')
  assert.equal(await story.leaks('web1'), [])
  assert.equal(await story.leaks('remote'), [])
}

/** The deploying machine builds what it has, a change that is not committed included. */
async function buildsSealed(story: Deployment): Promise<void> {
  const args = ['nixsecret', 'sealed', 'nix', 'build', '--no-link', `@sealed@#${TOPLEVEL}`]
  const built = await story.deploying('git', args)
  assert.is(built.code, 0, built.stderr)
  assert.equal(await story.leaks('deploying'), [])
  const audit = await story.audit()
  assert.is(audit.code, 0, audit.out + audit.stderr)
  assert.is(audit.out, '')
  assert.match(audit.stderr, /: nothing found\n/)
}

/** Without `sealed` the same command leaks; the module refuses to build, too late for the store of this machine. */
async function leaksAndMends(story: Deployment): Promise<void> {
  const plain = await story.deploying('nix', ['build', '--no-link', `.#${TOPLEVEL}`])
  assert.is.not(plain.code, 0)
  assert.match(plain.stderr, /plaintext/)
  assert.is.not((await story.leaks('deploying')).length, 0)
  const found = await story.audit()
  assert.is(found.code, 1, found.stderr)
  assert.match(found.out, /secrets\/db/)
  assert.match(found.out, /secrets\/api/)
  for (const secret of SECRETS) assert.not.match(found.out + found.stderr, secret)
  assert.is((await story.audit('--delete')).code, 1)
  assert.equal(await story.leaks('deploying'), [])
}

/** A new secret is edited, pushed, built on web1 from the remote, and told to the units that use it. */
async function rotates(story: Deployment): Promise<void> {
  const { host } = story
  const editor = host.box.write('editor', `#!/bin/sh\necho '${ROTATED}' > "$1"\n`)
  const args = ['nixsecret', 'edit', 'secrets/db']
  const edited = await story.deploying('git', args, { env: { GIT_EDITOR: `sh ${editor}` } })
  assert.is(edited.code, 0, edited.stderr)
  await story.git('commit', '-q', '-m', 'Another passphrase')
  await story.git('push', '-q')
  const clone = story.web1.path('clone')
  await story.onWeb1('git', ['pull', '-q'], clone)
  const system = await story.build('.', clone)
  const activated = await host.run(system)
  assert.is(activated.code, 0, activated.stderr)
  assert.is(await host.text('/run/nixsecret/db'), `${ROTATED}\n`)
  assert.is(await host.stat('/run/nixsecret/db'), 'alice web 440')
  assert.equal(await host.remains(), ['2'])
  assert.equal(await host.told('*'), ['app.service'])
  await host.ok(system)
  assert.equal(await host.told('*'), [], 'what is as it was restarts nothing')
  assert.equal(await story.leaks('web1'), [])
  assert.equal(await story.leaks('remote'), [])
}

for (const program of ModuleHost.possible('a deployment') ? nixPrograms() : []) {
  test(`Nix ${program.version}: from init to a secret in memory, and another in its place`, async () => {
    const story = await Deployment.begin(program)
    try {
      await deploys(story)
      story.write('secrets/db', `${CHANGED}\n`)
      await buildsSealed(story)
      await leaksAndMends(story)
      await buildsSealed(story)
      await rotates(story)
      await buildsSealed(story)
    } finally {
      story.end()
    }
  })
}

test.run()
