import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { NixsecretError } from '../../src/errors.ts'
import { findProgram } from '../../src/host/find-program.ts'
import { acceptAll } from '../support/accept.ts'
import { needs } from '../support/needs.ts'
import { type Person, startRepository } from '../support/story.ts'

// Debian has sshd where a user's PATH does not lead.
process.env.PATH = `${process.env.PATH}:/usr/sbin`

/** Everything below these is the place's own. */
const OWN = ['/run', '/var', '/srv']

/** A user of the place who may use sudo without a password, and one who may not. */
const USERS = ['op', 'nobody-special', 'postgres']

/**
 * A host: a real sshd on the loopback interface in a mount namespace of its own, where /run, /var and /srv are empty and
 * users and groups are ours; and a person with a repository whose ssh knows it as any name that begins with `h`.
 */
export class HostPlace {
  readonly person: Person
  readonly repo: string
  #port = 0
  #child: ChildProcess | null = null

  private constructor(person: Person, repo: string) {
    this.person = person
    this.repo = repo
  }

  /** Whether the tests can run here; says what is missing. */
  static able(what: string, ...programs: string[]): boolean {
    if (process.getuid?.() !== 0) {
      process.stdout.write(`skipped: ${what} (needs root)\n`)
      return false
    }
    if (!needs(what, 'ssh', 'ssh-keygen', 'sshd', 'unshare', 'mount', ...programs)) return false
    const tried = spawnSync('unshare', [
      '-m',
      '--propagation',
      'private',
      'mount',
      '-t',
      'tmpfs',
      'x',
      '/run',
    ])
    if (tried.status === 0) return true
    process.stdout.write(`skipped: ${what} (needs to mount)\n`)
    return false
  }

  /** @param sh what the host has for a shell, an absolute path; `busybox`: for its tools, too */
  static async start(person: Person, sh = '/bin/dash'): Promise<HostPlace> {
    const place = new HostPlace(person, await startRepository(person))
    const { box } = person
    for (const name of ['host', 'other-host', 'client'])
      await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', box.path(name)])
    place.#writeAccounts()
    place.#port = await freePort()
    await place.#listen(sh)
    place.trust('host.pub')
    box.write(
      'ssh_config',
      [
        // A relay that somebody pulls the plug of, and a port where nobody listens.
        'Host hgone',
        'Port 1',
        'Host h*',
        'HostName 127.0.0.1',
        `Port ${place.#port}`,
        'User root',
        `IdentityFile ${box.path('client')}`,
        'IdentitiesOnly yes',
        `UserKnownHostsFile ${box.path('known_hosts')}`,
        'StrictHostKeyChecking yes',
        '',
      ].join('\n'),
    )
    // ssh looks for its configuration in the home that the system's accounts name, not in $HOME.
    const ssh = findProgram('ssh')
    const run = `${ssh} -F ${box.path('ssh_config')} "$@"`
    box.write(
      'bin/ssh',
      `#!/bin/sh\n[ -z "$SSH_TEE" ] || { tee "$SSH_TEE" | ${run}; exit; }\nexec ${run}\n`,
      0o755,
    )
    return place
  }

  /** The key that `h…` is expected to have: that of a file of the sandbox. */
  trust(file: string): void {
    const { box } = this.person
    box.write('known_hosts', `[127.0.0.1]:${this.#port} ${readFileSync(box.path(file), 'utf8')}`)
  }

  /** A file of the host, as the machine sees it. */
  at(path: string): string {
    return `/proc/${this.#child?.pid}/root${path}`
  }

  text(path: string): string {
    return readFileSync(this.at(path), 'utf8')
  }

  /** `USER:GROUP MODE`, by number. */
  owner(path: string): string {
    const { uid, gid, mode } = statSync(this.at(path))
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
  }

  list(dir: string): string[] {
    return existsSync(this.at(dir)) ? readdirSync(this.at(dir)).sort() : []
  }

  /** Runs a shell script on the host, not through ssh. */
  sh(script: string): Promise<string> {
    return this.person.box.ok('nsenter', ['-m', '-t', String(this.#child?.pid), 'sh', '-ec', script])
  }

  /** Everything below /run and /var that a delivery can write, with what tells whether it was written again. */
  async state(): Promise<string> {
    return this.sh(
      `find /run /var /srv ! -path '/run/sudo*' -printf '%p %y %m %u %g %s %i %T@ %C@\\n' | sort`,
    )
  }

  deliver(...args: string[]) {
    return this.person.box.run('git-nixsecret', ['deliver', ...args], { cwd: this.repo })
  }

  /** Writes secrets into the repository, and hosts into its policy, uncommitted. */
  async policy(hosts: string, secrets: Readonly<Record<string, string | Uint8Array>> = {}): Promise<void> {
    const { box } = this.person
    for (const [path, content] of Object.entries(secrets)) box.write(join(this.repo, path), content, 0o600)
    const head = await this.person.git(this.repo, 'show', 'HEAD:nixsecret.toml')
    box.write(join(this.repo, 'nixsecret.toml'), `${head}\n${hosts}`)
    // Some of them are no policy.
    await acceptAll(box, this.repo).catch((fault: unknown) => {
      if (!(fault instanceof NixsecretError) || fault.code !== 'policy') throw fault
    })
  }

  /** The processes of sshd that serve somebody, and what they run. */
  async sessions(): Promise<number[]> {
    const { out } = await this.person.box.run('pgrep', ['-P', String(this.#child?.pid)])
    return out.split('\n').filter(Boolean).map(Number)
  }

  /** Forgets /run, and starts again: what a reboot does. */
  async reboot(): Promise<void> {
    await this.sh('umount /run && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd')
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === null) return
    for (const pid of await this.sessions()) process.kill(pid, 'SIGKILL')
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.kill()
    await ended
    this.#child = null
  }

  #writeAccounts(): void {
    const { box } = this.person
    const passwd = USERS.map((name, i) => `${name}:x:${4001 + i}:${4001 + i}::/:/bin/sh`)
    box.write(
      'passwd',
      ['root:x:0:0::/root:/bin/sh', 'sshd:x:4100:65534::/run/sshd:/bin/false', ...passwd, ''].join('\n'),
    )
    const groups = ['root:x:0:', 'keys:x:4000:', ...USERS.map((name, i) => `${name}:x:${4001 + i}:`)]
    box.write('group', [...groups, ''].join('\n'))
    box.write('shadow', ['root', ...USERS].map((name) => `${name}:*:19000::::::\n`).join(''), 0o600)
    box.write(
      'sudoers',
      'root ALL=(ALL) ALL\nop ALL=(ALL) NOPASSWD: ALL\nnobody-special ALL=(ALL) ALL\nDefaults use_pty\n',
      0o440,
    )
  }

  async #listen(sh: string): Promise<void> {
    const { box } = this.person
    const config = [
      'ListenAddress 127.0.0.1',
      `Port ${this.#port}`,
      `HostKey ${box.path('host')}`,
      'AuthorizedKeysFile /srv/authorized_keys',
      'AuthenticationMethods publickey',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'MaxStartups 100',
      ...(sh.endsWith('busybox') ? ['SetEnv PATH=/srv/bin'] : []),
    ]
    box.write('sshd_config', `${config.join('\n')}\n`)
    const script = [
      ...OWN.map((dir) => `mount -t tmpfs -o mode=755 tmpfs ${dir}`),
      'mkdir -m 755 /run/sshd /var/lib',
      `install -m 644 ${box.path('client.pub')} /srv/authorized_keys`,
      ...['passwd', 'group', 'shadow'].map((name) => `mount --bind ${box.path(name)} /etc/${name}`),
      ...(sh.endsWith('busybox') ? [`mkdir /srv/bin && ${sh} --install -s /srv/bin`] : []),
      `[ ! -e /etc/sudoers ] || mount --bind ${box.path('sudoers')} /etc/sudoers`,
      `mount --bind ${sh} "$(readlink -f /bin/sh)"`,
      `exec ${findProgram('sshd')} -D -e -f ${box.path('sshd_config')}`,
    ].join('\n')
    const args = ['-m', '--propagation', 'private', 'sh', '-ec', script]
    const child = spawn('unshare', args, {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    process.on('exit', () => child.kill('SIGKILL'))
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stderr?.on('data', (piece: Buffer) => {
        said += piece
        if (said.includes('Server listening')) resolve()
      })
      child.on('close', () => reject(new Error(`sshd ended: ${said}`)))
    })
    this.#child = child
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
