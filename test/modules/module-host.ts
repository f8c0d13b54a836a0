import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needs } from '../support/needs.ts'
import { NixPlace, type NixProgram, nixPrograms } from '../support/nix.ts'
import type { RunOptions, RunResult, Sandbox } from '../support/sandbox.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { Person, startRepository } from '../support/story.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HARNESS = join(ROOT, 'test/modules/host.nix')

/** Users and groups that hosts of tests have, beside root. */
const PASSWD = 'root:x:0:0::/:/bin/sh\nalice:x:1001:1001::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'
const GROUP = 'root:x:0:\nkeys:x:96:\nalice:x:1001:\nweb:x:1002:\nnogroup:x:65534:\n'

export interface HostOptions {
  readonly nix?: NixProgram
  /** Runs the script; default: bash, as on NixOS. */
  readonly shell?: string
  /** A directory whose `bin` has every program. */
  readonly programs?: string
}

/**
 * A host in a mount namespace of its own, with a memory file system at /run, another one at /var/lib as its disk, an
 * SSH host key, and a repository, made by our program, whose secrets are encrypted for it.
 */
export class ModuleHost {
  /** What the script starts, systemctl aside. */
  static readonly PROGRAMS = 'age cat chmod chown cmp cp flock ln mkdir mount mv readlink rm stat'.split(' ')

  readonly person: Person
  readonly box: Sandbox
  readonly repo: string
  readonly nix: NixPlace
  readonly key: string
  readonly options: HostOptions
  #namespace: ReturnType<typeof spawn> | null = null

  private constructor(person: Person, repo: string, key: string, options: HostOptions) {
    this.person = person
    this.box = person.box
    this.repo = repo
    this.key = key
    this.options = options
    this.nix = new NixPlace(this.box, options.nix ?? (nixPrograms()[0] as NixProgram))
  }

  /** Whether hosts can be had here; says what is missing. */
  static possible(what: string): boolean {
    if (!needs(what, 'nix', 'age', 'unshare', 'nsenter', 'flock', 'cmp', 'ssh-keygen')) return false
    const { status } = spawnSync('unshare', [
      '-m',
      '--propagation',
      'private',
      'mount',
      '-t',
      'tmpfs',
      't',
      '/run',
    ])
    if (status === 0) return true
    process.stdout.write(`skipped: ${what} (needs root, or leave to mount)\n`)
    return false
  }

  static async create(options: HostOptions = {}): Promise<ModuleHost> {
    const person = await Person.create('admin')
    const key = person.box.path('etc/ssh/ssh_host_ed25519_key')
    mkdirSync(join(key, '..'), { recursive: true })
    await makeSshKey(person.box, key, 'root@web1')
    const recipient = readFileSync(`${key}.pub`, 'utf8').trim()
    const repo = await startRepository(person, 'repo', ['--recipient', `web1=${recipient}`])
    const policy = readFileSync(join(repo, 'nixsecret.toml'), 'utf8')
    const own = [...policy.matchAll(/^(\w+) += "ssh/gm)]
      .map((match) => match[1])
      .find((name) => name !== 'web1')
    person.box.write(
      join(repo, 'nixsecret.toml'),
      `${policy}\n[[rule]]\npaths = ["/secrets/alien/**"]\nto = ["${own}"]\n`,
    )
    return new ModuleHost(person, repo, key, options)
  }

  /** Encrypts files by `git add`, and gives their blobs, as git has them, a place that `./secrets/…` names. */
  async seal(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [name, content] of Object.entries(files))
      this.box.write(join(this.repo, 'secrets', name), content, 0o600)
    await this.person.git(this.repo, 'add', '-A')
    await this.person.commit(this.repo, 'secrets', '--allow-empty')
    for (const name of Object.keys(files)) {
      const args = ['cat-file', 'blob', `HEAD:secrets/${name}`]
      const { stdout } = await this.box.run('git', args, { cwd: this.repo })
      this.box.write(`config/secrets/${name}`, stdout)
    }
  }

  /** Arguments of nix-build and nix-instantiate for a configuration, Nix text in a directory with `secrets/`. */
  evaluation(configuration: string, attr: string, lib?: string): string[] {
    const { shell = '/bin/bash', programs = '/usr' } = this.options
    const body = `{ config, lib, ... }:
      {
        services.openssh.enable = lib.mkDefault true;
        services.openssh.hostKeys = [
          { type = "ed25519"; path = "${this.key}"; }
          { type = "ecdsa"; path = "/nowhere/ecdsa"; }
          { type = "rsa"; path = "/nowhere/rsa"; }
        ];
        imports = [ ${configuration} ];
      }`
    const file = this.box.write(`config/host-${Math.random().toString(36).slice(2)}.nix`, body)
    return [
      ...[HARNESS, '--arg', 'module', process.env.NIXSECRET_TEST_MODULE ?? join(ROOT, 'nix/nixos.nix')],
      ...['--arg', 'configuration', file, '--argstr', 'shell', shell, '--argstr', 'programs', programs],
      ...(lib === undefined ? [] : ['--arg', 'nixpkgsLib', lib]),
      ...['-A', attr],
    ]
  }

  tryBuild(configuration: string, attr = 'activate'): Promise<RunResult> {
    return this.nix.run('nix-build', ['--no-out-link', ...this.evaluation(configuration, attr)])
  }

  /** Builds something of a configuration; default: its activation script. */
  async build(configuration: string, attr = 'activate'): Promise<string> {
    const args = ['--no-out-link', ...this.evaluation(configuration, attr)]
    return (await this.nix.ok('nix-build', args)).trim()
  }

  tryEval(configuration: string, attr = 'rendered', lib?: string): Promise<RunResult> {
    const args = ['--eval', '--strict', '--json', ...this.evaluation(configuration, attr, lib)]
    return this.nix.run('nix-instantiate', args)
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the attribute is
  async eval(configuration: string, attr = 'rendered', lib?: string): Promise<any> {
    const result = await this.tryEval(configuration, attr, lib)
    if (result.code !== 0) throw new Error(result.stderr)
    return JSON.parse(result.out)
  }

  /** Starts the host: an empty /run, and the disk as it was. */
  async boot({ disk = 'kept' }: { disk?: 'kept' | 'new' } = {}): Promise<void> {
    if (this.#namespace === null) {
      const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', 'echo; exec cat'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      this.#namespace = child
      process.on('exit', () => child.kill('SIGKILL'))
      await new Promise((resolve) => child.stdout.once('data', resolve))
      writeFileSync(this.box.path('passwd'), PASSWD)
      writeFileSync(this.box.path('group'), GROUP)
      for (const name of ['passwd', 'group'])
        await this.ok('mount', ['--bind', this.box.path(name), `/etc/${name}`])
    }
    // Nothing of what was in memory is there after a reboot.
    await this.sh('while umount -l /run/nixsecret*.d 2>/dev/null; do :; done; umount -l /run; true')
    await this.ok('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'run', '/run'])
    if (disk === 'new') await this.ok('mount', ['-t', 'tmpfs', 'disk', '/var/lib'])
  }

  stop(): void {
    this.#namespace?.kill('SIGKILL')
    this.#namespace = null
  }

  /** Runs a program on the host. */
  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const target = ['-t', String(this.#namespace?.pid), '-m', '--', command, ...args]
    return this.box.run('nsenter', target, options)
  }

  async ok(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const result = await this.run(command, args, options)
    if (result.code !== 0)
      throw new Error(`${command} ${args.join(' ')}: ${result.code}\n${result.stderr}${result.out}`)
    return result.out
  }

  sh(script: string): Promise<RunResult> {
    return this.run('sh', ['-c', script])
  }

  /** The bytes of a file on the host, or null. */
  async read(path: string): Promise<Buffer | null> {
    const { code, stdout } = await this.run('cat', [path])
    return code === 0 ? stdout : null
  }

  async text(path: string): Promise<string | null> {
    return (await this.read(path))?.toString('utf8') ?? null
  }

  /** `OWNER GROUP MODE`, by names, of what a path leads to. */
  async stat(path: string): Promise<string> {
    return (await this.ok('stat', ['-L', '-c', '%U %G %a', path])).trim()
  }

  async lines(script: string): Promise<string[]> {
    return (await this.sh(script)).out.split('\n').filter(Boolean)
  }

  /** What is in /run/nixos, sorted, and taken from there, as switch-to-configuration does. */
  async told(list: string): Promise<string[]> {
    return (await this.lines(`cat /run/nixos/${list} && rm /run/nixos/${list}`)).sort()
  }

  /** The generations that are there, the locks and links of an unfinished activation, by name. */
  async remains(): Promise<string[]> {
    return this.lines(
      'ls -A /run/nixsecret.d; ls -d /run/*.nixsecret-new /run/nixsecret.d/*/.nixsecret/pending',
    )
  }

  /** Makes a program that stands first on PATH of hosts with `programs`. */
  program(dir: string, name: string, text: string): void {
    const file = this.box.write(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
  }
}
