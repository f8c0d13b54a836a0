import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { withMemoryDir } from './memory-dir.ts'
import { type ProgramResult, runProgram } from './run-program.ts'

/** Long enough to look for the window in which an agent asks for confirmation; milliseconds. */
const PATIENCE = 60_000
const START_AGENT = 'eval "$(ssh-agent)" && ssh-add'

/** What is to be signed, by which key. */
export interface SignRequest {
  /** `ssh-ed25519 AAAA…`, one line. */
  readonly publicKey: string
  /** How people call the key, escaped. */
  readonly shown: string
  readonly namespace: string
  readonly message: Uint8Array
}

/**
 * Has ssh-agent sign a message in the SSHSIG format, by `ssh-keygen -Y sign`. No private key file is read and nobody is
 * asked for a passphrase; the agent itself may ask for confirmation (`ssh-add -c`).
 * @returns the armored signature, not checked; the caller overwrites it
 * @throws NixsecretError `identity` where the agent can't or won't, `missing` where there is no ssh-keygen
 */
export async function signThroughAgent(request: SignRequest): Promise<Buffer> {
  const { shown } = request
  if (!process.env.SSH_AUTH_SOCK)
    throw unusable(`no ssh-agent to use ${shown} through: SSH_AUTH_SOCK is not set`, [START_AGENT])
  const { code, stdout, stderr } = await withMemoryDir((dir) => {
    // Nothing else lies here: beside a public key ssh-keygen would look for the private one.
    const file = join(dir, 'key.pub')
    writeFileSync(file, `${request.publicKey}\n`, { mode: 0o600, flag: 'wx' })
    // -U: with the agent or not at all.
    const args = ['-Y', 'sign', '-U', '-n', request.namespace, '-f', file]
    return runAlone('ssh-keygen', args, request.message)
  })
  if (code === 0) return stdout
  stdout.fill(0)
  throw refusal(stderr, shown)
}

/**
 * The public keys that the agent holds, a line each as in a `.pub` file; none where it is locked, too.
 * @throws NixsecretError `identity` where no agent answers, `missing` where there is no ssh-add
 */
export async function listAgentKeys(): Promise<string[]> {
  if (!process.env.SSH_AUTH_SOCK) throw unusable('no ssh-agent: SSH_AUTH_SOCK is not set', [START_AGENT])
  const { code, stdout } = await runAlone('ssh-add', ['-L'])
  if (code === 1) return []
  if (code !== 0) throw unusable('no ssh-agent answers at $SSH_AUTH_SOCK', [START_AGENT])
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

/** Without a terminal to ask on, and without a program that would ask in a window. */
function runAlone(program: string, args: readonly string[], input?: Uint8Array): Promise<ProgramResult> {
  const { SSH_ASKPASS: _, ...env } = process.env
  return runProgram(program, args, {
    env: { ...env, SSH_ASKPASS_REQUIRE: 'never' },
    ...(input === undefined ? {} : { input }),
    maxBytes: 1 << 20,
    ownSession: true,
    wipe: true,
    timeout: PATIENCE,
  })
}

function refusal(stderr: string, shown: string): NixsecretError {
  if (/agent socket/.test(stderr))
    return unusable(`no ssh-agent answers at $SSH_AUTH_SOCK, to use ${shown} through`, [START_AGENT])
  if (/find key in agent|load identity/.test(stderr)) {
    const hints = [
      'ssh-add -L    # what it holds',
      'ssh-add FILE    # adds the private key',
      'ssh-add -X    # if it is locked',
    ]
    return unusable(`ssh-agent does not hold ${shown}, or it is locked`, hints)
  }
  if (/refused operation/.test(stderr)) {
    const why = 'it was not confirmed (ssh-add -c), or the agent could not ask, or does not sign this'
    return unusable(`ssh-agent refused to sign with ${shown}: ${why}`, ['ssh-add -L'])
  }
  const said = displayText(stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '')
  return unusable(`ssh-keygen could not have ssh-agent sign with ${shown}: ${said}`)
}

function unusable(message: string, hints: readonly string[] = []): NixsecretError {
  return new NixsecretError('identity', message, { hints })
}
