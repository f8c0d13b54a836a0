import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** How a command is run. */
export interface ForegroundOptions {
  readonly cwd: string
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv
  /** Hears its process number. */
  onStart?(pid: number): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Runs a command with our own terminal, input and output, as a shell does, and waits for it. Signals that we get go on
 * to it, but for those that the terminal sends to both of us at once.
 * @returns its exit code, or 128 + the number of the signal that killed it
 * @throws NixsecretError `missing` where it can't be started
 */
export function runInForeground(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env, onStart }: ForegroundOptions,
): Promise<number> {
  // Before it starts: the command runs while we are still in spawn, and a signal may come at once.
  let child: ChildProcess | null = null
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      const fromTerminal = (signal === 'SIGINT' || signal === 'SIGQUIT') && hasTerminal()
      if (!fromTerminal) child?.kill(signal)
    }
    process.on(signal, handler)
    return { signal, handler }
  })
  const started = spawn(program, args, { cwd, env, stdio: 'inherit' })
  child = started
  return new Promise<number>((resolve, reject) => {
    started.on('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ENOENT' ? 'there is no such program' : (cause.code ?? 'unknown error')
      reject(new NixsecretError('missing', `cannot run ${displayText(program)}: ${why}`, { cause }))
    })
    started.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
    if (started.pid !== undefined) onStart?.(started.pid)
  }).finally(() => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler)
  })
}

/**
 * Whether we are in the foreground of a terminal: what is typed there goes to every process of the group, the command
 * too. A signal does not tell where it comes from, so a SIGINT sent to us alone is then taken for a typed one.
 */
function hasTerminal(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    // proc(5): state, ppid, pgrp, session, tty_nr, tpgid
    const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return terminal !== '0' && group === foreground
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  }
}
