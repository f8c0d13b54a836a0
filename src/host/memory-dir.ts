import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { NixsecretError } from '../errors.ts'

/** File system types that keep everything in memory, as `statfs(2)` numbers them: tmpfs and ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6])
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Settings of {@link withMemoryDir}. */
export interface MemoryDirOptions {
  /**
   * Whether Ctrl-C leaves everything as it is instead of ending the process: for the time that an editor has the
   * terminal, whose business Ctrl-C then is. Default false.
   */
  readonly ignoreInterrupt?: boolean
  /** Where directories are tried; default `$XDG_RUNTIME_DIR`, `/run/user/UID`, `/dev/shm`. */
  readonly candidates?: readonly string[]
}

/**
 * Runs `fn` with a new directory (mode 0700) that lives in memory, for plaintext that another program must see as
 * a file. It is removed when `fn` is done, and where SIGINT, SIGTERM or SIGHUP ends the process. SIGKILL leaves it
 * until the user logs out or the machine stops. Memory of tmpfs may be swapped out.
 * @throws NixsecretError `io` where no file system of this machine keeps files in memory only
 */
export async function withMemoryDir<T>(
  fn: (dir: string) => Promise<T>,
  { ignoreInterrupt = false, candidates = defaultCandidates() }: MemoryDirOptions = {},
): Promise<T> {
  const dir = makeMemoryDir(candidates)
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      if (signal === 'SIGINT' && ignoreInterrupt) return
      remove(dir)
      process.removeListener(signal, handler)
      // Nobody else handles it: do what it does by default, so that the parent sees how we ended.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    }
    process.on(signal, handler)
    return { signal, handler }
  })
  const onExit = () => remove(dir)
  process.on('exit', onExit)
  try {
    return await fn(dir)
  } finally {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler)
    process.removeListener('exit', onExit)
    remove(dir)
  }
}

function makeMemoryDir(candidates: readonly string[]): string {
  for (const candidate of candidates) {
    try {
      if (!IN_MEMORY.has(statfsSync(candidate).type >>> 0)) continue
      return mkdtempSync(join(candidate, 'git-nixsecret-'))
    } catch {
      // Not there, or not ours to write in: try the next.
    }
  }
  const message = 'no directory in memory: neither $XDG_RUNTIME_DIR nor /dev/shm is a writable tmpfs'
  throw new NixsecretError('io', message, { hints: ['findmnt -t tmpfs,ramfs'] })
}

function defaultCandidates(): string[] {
  const runtime = process.env.XDG_RUNTIME_DIR
  const uid = process.getuid?.()
  return [
    ...(runtime?.startsWith('/') ? [runtime] : []),
    ...(uid === undefined ? [] : [`/run/user/${uid}`]),
    '/dev/shm',
  ]
}

function remove(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}
