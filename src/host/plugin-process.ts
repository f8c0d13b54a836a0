import { type ChildProcess, spawn } from 'node:child_process'

/** How long a plugin that was told to end may take. */
const FAREWELL = 1000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Characters of what it prints on stderr that are kept, the last ones. */
const MAX_STDERR = 4096

/** A program that is talked to by its stdin and stdout. */
export interface PluginProcess {
  /** Writes to it; what it no longer reads is lost. */
  send(bytes: Buffer): void
  /** The next bytes of it; null once there are no more. */
  receive(): Promise<Buffer | null>
  /** The last line that it printed on stderr; untrusted, escape before printing. */
  lastWords(): string
  /** Whether it was ended because its time was over. */
  readonly timedOut: boolean
  /** Closes its input, and ends it if need be. */
  stop(): Promise<void>
}

/**
 * Starts a plugin of age, outside of any repository, and without our terminal but for what it opens itself.
 * It ends with us: signals that we get end it, too.
 * @param program absolute path
 * @param milliseconds that it may take in all; null where somebody is there to stop it
 */
export function startPlugin(program: string, argument: string, milliseconds: number | null): PluginProcess {
  const child = spawn(program, [argument], { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
  // It may end before it has read everything.
  child.stdin.on('error', () => {})
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR)
  })
  const forget = endWithUs(child)
  let timedOut = false
  const timer =
    milliseconds === null
      ? undefined
      : setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
          // What it started may hold the pipe open.
          child.stdout.destroy()
        }, milliseconds)
  const pieces = child.stdout[Symbol.asyncIterator]()
  return {
    send: (bytes) => child.stdin.write(bytes),
    receive: async () => {
      const piece = await pieces.next().catch(() => ({ done: true as const, value: null }))
      return piece.done ? null : (piece.value as Buffer)
    },
    lastWords: () => stderr.trim().split('\n').at(-1)?.trim() ?? '',
    get timedOut() {
      return timedOut
    },
    stop: async () => {
      clearTimeout(timer)
      child.stdin.end()
      child.stdout.destroy()
      const killer = setTimeout(() => child.kill('SIGKILL'), FAREWELL)
      await ended
      clearTimeout(killer)
      child.stderr.destroy()
      forget()
    },
  }
}

/** @returns what undoes it */
function endWithUs(child: ChildProcess): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      child.kill('SIGKILL')
      forget()
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    }
    process.on(signal, handler)
    return [signal, handler] as const
  })
  const forget = () => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler)
  }
  return forget
}
