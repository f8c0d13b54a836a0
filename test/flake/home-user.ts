import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { needs } from '../support/needs.ts'
import type { NixProgram } from '../support/nix.ts'
import type { RunResult } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'
import { FlakePlace, ROOT } from './flake-place.ts'

/** A user who may do nothing else here. */
const UID = '12345'

// $1: the sandbox, which a directory of root's may hold. Only what is in it, and /run, is this user's world.
const SETUP = `
box=$1 top=$(dirname "$1")
mount --bind "$box" /mnt
mount -t tmpfs -o mode=0755 tmpfs "$top"
mkdir -p "$box"
mount --move /mnt "$box"
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/home/.ssh /run/home/.config
cp "$box"/home/.ssh/id_ed25519* /run/home/.ssh
mkdir -m 0700 /run/rt
chown -R ${UID}:${UID} /run/home /run/rt
as_user() {
  setpriv --reuid ${UID} --regid ${UID} --clear-groups env -i PATH=/usr/bin:/bin HOME=/run/home \\
    XDG_RUNTIME_DIR=/run/rt "$@"
}
`

// A systemd of the user wants a control group that is the user's; it goes when all in it has ended. What it runs with
// comes by a pipe, so that $1 is still the sandbox.
const SYSTEMD = `
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/nixsecret-test-$$
mkdir "$group"
trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
chown -R ${UID}:${UID} "$group"
mkdir -p /run/systemd/system
cat >"$box/session.sh"
unshare --pid --fork --kill-child --mount-proc sh -c 'echo $$ >"$1/cgroup.procs"
  exec setpriv --reuid ${UID} --regid ${UID} --clear-groups env -i PATH=/usr/bin:/bin HOME=/run/home \\
    XDG_RUNTIME_DIR=/run/rt bash --norc -eu "$2/session.sh"' sh "$group" "$box"
`

// What a session runs before its script. A reader stands for any unit that wants a secret.
const SESSION = `
cd /run/rt
switch_to() {
  rm -rf ~/.config/systemd
  cp -RT "$1" ~/.config
  chmod -R u+w ~/.config
  mkdir -p ~/.config/systemd/user/default.target.wants
  cat >~/.config/systemd/user/reader.service <<'END'
[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/bin/sh -c 'cat %t/nixsecret/token >>%t/reads'
END
  for unit in nixsecret reader; do
    ln -s "../$unit.service" ~/.config/systemd/user/default.target.wants
  done
}
start_systemd() {
  /lib/systemd/systemd --user >/dev/null 2>log &
  for try in $(seq 100); do
    [ "$(systemctl --user is-system-running 2>&1)" != running ] || return 0
    sleep 0.1
  done
  cat log >&2
  systemctl --user --no-pager status >&2
  exit 1
}
settle() { while [ -n "$(systemctl --user list-jobs --no-legend)" ]; do sleep 0.1; done; }
failed() { echo "failed: $(systemctl --user list-units --failed --no-legend --plain | cut -d ' ' -f 1 | xargs)"; }
`

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

/** Whether a user's systemd can be started here: it wants a control group of its own. */
export function systemdPossible(what: string): boolean {
  const systemd = '/lib/systemd/systemd'
  if (existsSync(systemd) && needs(what, 'systemctl')) {
    const tried = spawnSync('unshare', [
      '-m',
      '--propagation',
      'private',
      'mount',
      '-t',
      'cgroup2',
      'c',
      '/sys/fs/cgroup',
    ])
    if (tried.status === 0) return true
  }
  process.stdout.write(`skipped: ${what} (needs systemd, and leave to mount cgroup2)\n`)
  return false
}
