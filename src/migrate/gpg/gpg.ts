import { spawnSync } from 'node:child_process'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type ProgramResult, runProgram } from '../../host/run-program.ts'

/** Bytes of one plaintext. */
const LARGEST = 64 << 20

/** The user's own GnuPG, with their agent and pinentry. Secrets go through pipes only. */
export class Gpg {
  readonly #program: string
  readonly #options: readonly string[]
  readonly #env: NodeJS.ProcessEnv

  private constructor(program: string, options: readonly string[], env: NodeJS.ProcessEnv) {
    this.#program = program
    this.#options = options
    this.#env = env
  }

  /**
   * @param options put in front of ours, as `$PASSWORD_STORE_GPG_OPTS` has them
   * @throws NixsecretError `missing` where there is no GnuPG
   */
  static async find(options: readonly string[] = []): Promise<Gpg> {
    // Where both are there, gpg is version 1, which knows no agent of today.
    for (const program of ['gpg2', 'gpg']) {
      try {
        await runProgram(program, ['--version'])
        // Without it the agent does not know on which terminal pinentry is to ask.
        const tty = process.env.GPG_TTY || terminal()
        return new Gpg(program, options, tty === null ? process.env : { ...process.env, GPG_TTY: tty })
      } catch (fault) {
        if (!(fault instanceof NixsecretError) || fault.code !== 'missing') throw fault
      }
    }
    throw new NixsecretError('missing', 'cannot run gpg: it is not on PATH')
  }

  /**
   * Decrypts one message. It goes in on standard input, so that its file may be called anything.
   * @throws NixsecretError `identity` with what gpg said
   */
  async decrypt(message: Uint8Array): Promise<Buffer> {
    const args = ['--quiet', '--batch', '--yes', '--decrypt']
    const result = await this.#run(args, message)
    if (result.code === 0) return result.stdout
    throw new NixsecretError('identity', `gpg cannot decrypt it: ${displayText(reasonOf(result))}`)
  }

  /** The first user id of a key, as `Alice <alice@example.org>`, not escaped yet; null where gpg does not know it. */
  async userId(id: string): Promise<string | null> {
    const args = ['--batch', '--with-colons', '--fixed-list-mode', '--list-keys', '--', id]
    const { code, stdout } = await this.#run(args)
    if (code !== 0) return null
    const line = stdout
      .toString('utf8')
      .split('\n')
      .find((text) => text.startsWith('uid:'))
    // https://github.com/gpg/gnupg/blob/master/doc/DETAILS: fields between colons, C escapes.
    const field = line?.split(':')[9] ?? ''
    return field === ''
      ? null
      : field.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)))
  }

  #run(args: readonly string[], input?: Uint8Array): Promise<ProgramResult> {
    const options = { env: this.#env, maxBytes: LARGEST, ...(input === undefined ? {} : { input }) }
    return runProgram(this.#program, [...this.#options, ...args], options)
  }
}

/** The last line is the verdict; those before it say for whom the message is. */
function reasonOf({ stderr, code }: ProgramResult): string {
  const lines = stderr.split('\n').filter((line) => /^gpg: /.test(line))
  return (
    lines
      .at(-1)
      ?.replace(/^gpg: /, '')
      .slice(0, 300) ?? `exit code ${code}`
  )
}

function terminal(): string | null {
  const { stdout, status } = spawnSync('tty', [], { stdio: ['inherit', 'pipe', 'ignore'] })
  const name = status === 0 ? stdout.toString('utf8').trim() : ''
  return name.startsWith('/') ? name : null
}
