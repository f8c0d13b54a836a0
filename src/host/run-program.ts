import { spawn } from 'node:child_process'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd?: string
  /** The whole environment; default the process's own. */
  readonly env?: NodeJS.ProcessEnv
  /** What it reads; default nothing. */
  readonly input?: Uint8Array
  /** The most that it may print, in bytes; default 64 MiB. More is a fault. */
  readonly maxBytes?: number
  /** Milliseconds after which it is killed, a fault; default never. */
  readonly timeout?: number
  /** Whether it runs in a session of its own, without a terminal to ask on; default no. */
  readonly ownSession?: boolean
  /** Whether what it prints is secret: pieces that are not handed out are overwritten. Default no. */
  readonly wipe?: boolean
}

/** What a program did. */
export interface ProgramResult {
  readonly code: number
  readonly stdout: Buffer
  /** For people; untrusted, escape before printing. */
  readonly stderr: string
}

/**
 * Runs a program that is not git and collects what it prints. Arguments are an array, never a shell string, and
 * never hold a secret: other users of the machine see them.
 * @returns the exit code and output, whatever the code is
 * @throws NixsecretError `missing` where there is no such program, `io` where it is killed or prints too much
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { cwd, env = process.env, input, maxBytes = 64 << 20, timeout = 0, ownSession = false } = options
  const child = spawn(program, args, { ...(cwd === undefined ? {} : { cwd }), env, detached: ownSession })
  const out: Buffer[] = []
  const err: Buffer[] = []
  let size = 0
  let errSize = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) child.kill('SIGKILL')
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errSize += chunk.length
    if (errSize < 1 << 20) err.push(chunk)
  })
  // It may end before it has read everything; its exit code tells what matters.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const name = displayText(program)
  let late = false
  const expire = () => {
    late = true
    child.kill('SIGKILL')
  }
  const timer = timeout === 0 ? undefined : setTimeout(expire, timeout)
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>(
    (resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal }))
    },
  )
    .catch((cause: unknown) => {
      throw new NixsecretError('missing', `cannot run ${name}: it is not on PATH`, { cause })
    })
    .finally(() => clearTimeout(timer))
  if (late) throw new NixsecretError('io', `${name} did not end within ${timeout / 1000} seconds`)
  if (size > maxBytes) throw new NixsecretError('io', `${name} printed more than ${maxBytes} bytes`)
  if (code === null) throw new NixsecretError('io', `${name} was killed by ${signal}`)
  const stdout = Buffer.concat(out)
  if (options.wipe) for (const piece of out) piece.fill(0)
  return { code, stdout, stderr: Buffer.concat(err).toString('utf8') }
}
