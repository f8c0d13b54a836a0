import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { findProgram } from '../../src/host/find-program.ts'
import type { Sandbox } from '../support/sandbox.ts'

/** Where sshd looks that is started by root, fixed when it is built; the service makes it elsewhere. */
const PRIVSEP = '/run/sshd'

/** A real sshd on the loopback interface, for this user alone, with keys and files of its own in a sandbox. */
export class Sshd {
  readonly #box: Sandbox
  readonly #child: ChildProcess
  readonly #madePrivsep: boolean
  readonly port: number

  private constructor(box: Sandbox, child: ChildProcess, port: number, madePrivsep: boolean) {
    this.#box = box
    this.#child = child
    this.port = port
    this.#madePrivsep = madePrivsep
  }

  static async start(box: Sandbox): Promise<Sshd> {
    for (const name of ['host', 'client'])
      await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', box.path(name)])
    const madePrivsep = process.getuid?.() === 0 && !existsSync(PRIVSEP)
    if (madePrivsep) mkdirSync(PRIVSEP, { mode: 0o755 })
    for (let tries = 0; ; tries++) {
      const port = await freePort()
      try {
        return new Sshd(box, await listening(box, port), port, madePrivsep)
      } catch (error) {
        // Somebody else may have taken the port in between.
        if (tries === 4) throw error
      }
    }
  }

  url(dir: string): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${dir}`
  }

  get env(): Record<string, string> {
    const { port } = this
    const host = readFileSync(this.#box.path('host.pub'), 'utf8')
    const known = this.#box.write('known_hosts', `[127.0.0.1]:${port} ${host}`)
    const options = [`UserKnownHostsFile=${known}`, 'StrictHostKeyChecking=yes', 'IdentitiesOnly=yes']
    const flags = options.map((option) => `-o ${option}`).join(' ')
    return { GIT_SSH_COMMAND: `ssh -F none -i ${this.#box.path('client')} ${flags}` }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.kill()
    await ended
    if (this.#madePrivsep) rmdirSync(PRIVSEP)
  }
}

async function listening(box: Sandbox, port: number): Promise<ChildProcess> {
  const config = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${box.path('host')}`,
    `AuthorizedKeysFile ${box.path('client.pub')}`,
    'AuthenticationMethods publickey',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    // Of the sandbox's environment nothing else gets in: the PATH is sshd's.
    `SetEnv HOME=${box.home} TMPDIR=${box.dir} GIT_CONFIG_NOSYSTEM=1`,
    '',
  ].join('\n')
  // It starts itself again for each connection, by its full name.
  const program = findProgram('sshd') ?? 'sshd'
  const child = spawn(program, ['-D', '-e', '-f', box.write('sshd_config', config)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes(`Server listening on 127.0.0.1 port ${port}.`)) resolve(child)
    })
    child.on('error', reject)
    child.on('close', () => reject(new Error(`sshd ended: ${said}`)))
  })
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
