import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { needs } from '../support/needs.ts'
import type { NixProgram } from '../support/nix.ts'
import type { RunResult } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'
import { FlakePlace, ROOT } from './flake-place.ts'
import { SESSION, SETUP, SYSTEMD } from './user-session.ts'

/** What home-manager would put into ~/.config, in the store, and what it starts first. */
export interface Units {
  readonly dir: string
  readonly install: string
  /** Files of ~/.config with their text. */
  readonly files: Readonly<Record<string, string>>
}

/** A user of home-manager with an SSH key and a repository whose secrets are encrypted for it by our program. */
export class HomeUser {
  readonly person: Person
  readonly repo: string
  readonly place: FlakePlace
  #count = 0

  private constructor(person: Person, repo: string, program: NixProgram) {
    this.person = person
    this.repo = repo
    this.place = new FlakePlace(person.box, program)
  }

  static async create(program: NixProgram): Promise<HomeUser> {
    const person = await Person.create('home-user')
    chmodSync(person.box.dir, 0o755)
    return new HomeUser(person, await startRepository(person), program)
  }

  /** Whether a namespace with a user in it can be had here; says what is missing. */
  static possible(what: string): boolean {
    if (!needs(what, 'nix', 'age', 'unshare', 'setpriv', 'flock', 'cmp', 'ssh-keygen')) return false
    const tried = spawnSync('unshare', [
      '-m',
      '--propagation',
      'private',
      'mount',
      '-t',
      'tmpfs',
      't',
      '/run',
    ])
    if (tried.status === 0) return true
    process.stdout.write(`skipped: ${what} (needs root, or leave to mount)\n`)
    return false
  }

  /** Ciphertext of a secret, as git has it, beside the configurations: `./NAME.age`. */
  async seal(name: string, text: string | Uint8Array): Promise<void> {
    const { box } = this.person
    box.write(join(this.repo, 'secrets', name), text)
    await this.person.git(this.repo, 'add', '-A')
    const { stdout } = await box.run('git', ['cat-file', 'blob', `:secrets/${name}`], { cwd: this.repo })
    box.write(`config/${name}.age`, stdout)
  }

  /** Ciphertext that is not for this user. */
  async sealForOthers(name: string): Promise<void> {
    const recipient = await identityToRecipient(await generateX25519Identity())
    const sealed = await this.person.box.run('age', ['-r', recipient], { input: 'of somebody else\n' })
    this.person.box.write(`config/${name}.age`, sealed.stdout)
  }

  /** Evaluates home-host.nix for a configuration, Nix text, and builds what home-manager would put into ~/.config. */
  build(configuration: string, more: readonly string[] = []): Promise<RunResult> {
    const args = [...this.#host(configuration), ...more, '--no-out-link', '-A', 'units']
    return this.place.nix.run('nix-build', args)
  }

  /** The value of an attribute of home-host.nix. */
  async value(configuration: string, attr: string): Promise<unknown> {
    const args = ['--eval', '--strict', '--json', ...this.#host(configuration), '-A', attr]
    return JSON.parse(await this.place.nix.ok('nix-instantiate', args))
  }

  #host(configuration: string): string[] {
    const file = this.person.box.write(
      `config/home-${this.#count++}.nix`,
      `{ config, ... }: ${configuration}`,
    )
    const nixpkgs = this.place.nixpkgs.slice('path:'.length)
    const args = ['--arg', 'nixpkgs', nixpkgs, '--arg', 'module', join(ROOT, 'nix/home.nix')]
    return [join(ROOT, 'test/flake/home-host.nix'), ...args, '--arg', 'configuration', file]
  }

  /** @param more arguments of home-host.nix */
  async units(configuration: string, more: readonly string[] = []): Promise<Units> {
    const { code, out, stderr } = await this.build(configuration, more)
    if (code !== 0) throw new Error(stderr)
    const dir = out.trim()
    const names = this.person.box.files(dir).map((name) => name.slice(dir.length + 1))
    const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name), 'utf8')]))
    const main = files['systemd/user/nixsecret.service'] ?? ''
    return { dir, files, install: /^ExecStart=(.*)$/m.exec(main)?.[1] ?? 'false' }
  }

  /** Runs a script as the user, in a namespace where it can start a systemd of the user. */
  inSystemd(script: string): Promise<RunResult> {
    return this.inNamespace(SYSTEMD, SESSION + script)
  }

  /** Runs a script as root in a namespace of its own, where `as_user` runs programs as the user. */
  inNamespace(script: string, input = ''): Promise<RunResult> {
    const args = [
      '-m',
      '--propagation',
      'private',
      'bash',
      '-euc',
      SETUP + script,
      'bash',
      this.person.box.dir,
    ]
    return this.person.box.run('unshare', args, { input })
  }
}
