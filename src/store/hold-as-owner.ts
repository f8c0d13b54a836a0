import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { NixsecretError } from '../errors.ts'
import { runProgram } from '../host/run-program.ts'
import type { HeldTwin } from './held-twin.ts'
import type { BroughtBack } from './lock-files.ts'
import { ownersStateHome } from './owners-state-home.ts'
import type { Twin } from './refresh-twin.ts'

/** Variables that the owner's process is given, besides where its state is; all others are root's own business. */
const GIVEN = ['PATH', 'LANG', 'LC_ALL', 'TERM', 'NO_COLOR', 'GIT_CONFIG_NOSYSTEM']

/**
 * A twin made by a process of the repository's owner, for root to use: root writes nothing below the user's `.git`,
 * runs no filter that the user configured, and reads none of their keys.
 * @throws NixsecretError where it can't be had; that process has said why
 */
export async function holdAsOwner(uid: number): Promise<HeldTwin> {
  const { gid, name, home } = await passwordEntry(uid)
  const env: NodeJS.ProcessEnv = { HOME: home, USER: name, LOGNAME: name }
  const state = ownersStateHome(uid)
  if (state !== null) env.XDG_STATE_HOME = state
  for (const key of GIVEN) if (process.env[key] !== undefined) env[key] = process.env[key]
  const args = [process.argv[1] as string, 'hold-twin', String(process.pid)]
  // A group of its own: Ctrl-C is for the command, and what it wrote is to be brought back all the same.
  const child = spawn(process.execPath, args, {
    uid,
    gid,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.on('error', () => {})
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next()
    if (done === true)
      throw new NixsecretError('refused', 'there is no twin that its owner has made', { hints: [] })
    return JSON.parse(value as string) as T
  }
  return new OwnersTwin(child, await next<Twin>(), next)
}

class OwnersTwin implements HeldTwin {
  readonly twin: Twin
  readonly #child: ChildProcess
  readonly #next: <T>() => Promise<T>

  constructor(child: ChildProcess, twin: Twin, next: <T>() => Promise<T>) {
    this.#child = child
    this.twin = twin
    this.#next = next
  }

  started(pid: number): void {
    this.#child.stdin?.write(`started ${pid}\n`)
  }

  end(): Promise<BroughtBack> {
    this.#child.stdin?.write('end\n')
    return this.#next<BroughtBack>()
  }

  leave(): void {
    this.#child.stdin?.end()
  }
}

/** @see https://man7.org/linux/man-pages/man5/passwd.5.html */
async function passwordEntry(uid: number): Promise<{ name: string; gid: number; home: string }> {
  const { code, stdout } = await runProgram('getent', ['passwd', String(uid)])
  const [name, , , gid, , home] = stdout.toString('utf8').split('\n')[0]?.split(':') ?? []
  if (code === 0 && name && gid && home) return { name, gid: Number(gid), home }
  throw new NixsecretError(
    'missing',
    `the repository belongs to user ${uid}, of whom this machine knows nothing`,
  )
}
