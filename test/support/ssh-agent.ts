import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import type { Sandbox } from './sandbox.ts'

const PASSPHRASE = 'horse-battery-71'

/** A real ssh-agent of its own for one test; its keys never lie on disk without a passphrase. */
export class SshAgent {
  readonly #box: Sandbox
  readonly #child: ChildProcess
  readonly socket: string
  readonly #askpass: string

  private constructor(box: Sandbox, child: ChildProcess, socket: string) {
    this.#box = box
    this.#child = child
    this.socket = socket
    this.#askpass = box.write('askpass', `#!/bin/sh\necho ${PASSPHRASE}\n`)
    chmodSync(this.#askpass, 0o700)
  }

  /** @param askpass a program that is to answer the agent's own questions (`ssh-add -c`); default none can be asked */
  static async start(box: Sandbox, name = 'agent', askpass?: string): Promise<SshAgent> {
    const socket = box.path(name)
    const { SSH_AUTH_SOCK: _, DISPLAY: __, ...env } = { ...box.env, SSH_AUTH_SOCK: '', DISPLAY: '' }
    const asking =
      askpass === undefined ? {} : { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'x' }
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore', env: { ...env, ...asking } })
    process.on('exit', () => child.kill('SIGKILL'))
    child.unref()
    for (let i = 0; !existsSync(socket); i++) {
      if (i > 600 || child.exitCode !== null) throw new Error('ssh-agent did not start')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return new SshAgent(box, child, socket)
  }

  /** For whoever is to use it. */
  get env(): Record<string, string> {
    return { SSH_AUTH_SOCK: this.socket }
  }

  /**
   * Makes a key under a passphrase, adds it, and throws the private half away: only the agent has it now.
   * @param args of ssh-keygen: `-t rsa -b 2048`
   * @param addArgs of ssh-add: `-c`
   * @returns the `.pub` file
   */
  async make(name: string, args: readonly string[], addArgs: readonly string[] = []): Promise<string> {
    const file = this.#box.path(name)
    await this.#box.ok('ssh-keygen', ['-q', ...args, '-a', '4', '-N', PASSPHRASE, '-C', name, '-f', file])
    await this.add(...addArgs, file)
    rmSync(file)
    return `${file}.pub`
  }

  /** `ssh-add`; what it asks for is answered. */
  async add(...args: string[]): Promise<void> {
    const env = { ...this.env, SSH_ASKPASS: this.#askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'x' }
    await this.#box.ok('ssh-add', ['-q', ...args], { env })
  }

  /** A key from standard input. */
  async addText(text: string): Promise<void> {
    await this.#box.ok('ssh-add', ['-q', '-'], { env: this.env, input: text })
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.ref()
    this.#child.kill()
    await ended
  }
}

/** The public key in a `.pub` file. */
export function publicLine(file: string): string {
  return readFileSync(file, 'utf8').trim()
}
