import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The bundled program that every story runs, built by `npm run build`. */
export const PROGRAM =
  process.env.NIXSECRET_TEST_PROGRAM ?? fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

export interface RunResult {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
  /** stdout as text. */
  readonly out: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string | Uint8Array
  /** Milliseconds until the program is killed; default 120,000. */
  readonly timeout?: number
}

const created = new Set<string>()
process.on('exit', () => {
  for (const dir of created) rmSync(dir, { recursive: true, force: true })
})

/**
 * A temporary directory with a HOME of its own, an environment that lets nothing of the tester's in,
 * and `git-nixsecret` on PATH. Removed when the test process ends.
 */
export class Sandbox {
  readonly dir: string
  readonly home: string
  readonly bin: string
  readonly env: Record<string, string>

  constructor(name = 'nixsecret') {
    this.dir = mkdtempSync(join(tmpdir(), `${name}-`))
    created.add(this.dir)
    this.home = join(this.dir, 'home')
    this.bin = join(this.dir, 'bin')
    mkdirSync(join(this.home, '.ssh'), { recursive: true, mode: 0o700 })
    mkdirSync(this.bin)
    if (existsSync(PROGRAM)) symlinkSync(PROGRAM, join(this.bin, 'git-nixsecret'))
    this.env = {
      PATH: `${this.bin}:${process.env.PATH ?? '/usr/bin:/bin'}`,
      HOME: this.home,
      XDG_STATE_HOME: join(this.home, '.local/state'),
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_EDITOR: 'true',
    }
    // Housekeeping would start two more programs for each commit; what a test writes need not outlive a power cut.
    writeFileSync(
      join(this.home, '.gitconfig'),
      '[user]\n\tname = Test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n',
    )
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts)
  }

  /** Writes a file below the sandbox, making its folders. */
  write(path: string, content: string | Uint8Array, mode?: number): string {
    const full = path.startsWith('/') ? path : this.path(path)
    mkdirSync(join(full, '..'), { recursive: true })
    writeFileSync(full, content)
    if (mode !== undefined) chmodSync(full, mode)
    return full
  }

  /** Runs a program (never through a shell) without a terminal and collects what it prints. */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const env: Record<string, string> = { ...this.env }
    for (const [name, value] of Object.entries(options.env ?? {})) {
      if (value === undefined) delete env[name]
      else env[name] = value
    }
    return new Promise((resolve, reject) => {
      // A session of its own: no controlling terminal, and everything it starts can be killed at once.
      const child = spawn(command, args, { cwd: options.cwd ?? this.dir, env, detached: true })
      const out: Buffer[] = []
      const err: Buffer[] = []
      const timer = setTimeout(() => {
        try {
          process.kill(-(child.pid as number), 'SIGKILL')
        } catch {}
      }, options.timeout ?? 120_000)
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      child.stdin.on('error', () => {})
      child.on('error', reject)
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        const stdout = Buffer.concat(out)
        resolve({
          code: code ?? (signal === null ? -1 : 128),
          stdout,
          stderr: Buffer.concat(err).toString('utf8'),
          out: stdout.toString('utf8'),
        })
      })
      child.stdin.end(options.input ?? '')
    })
  }

  /** Runs a program and throws, with what it printed, unless it exits 0. */
  async ok(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.run(command, args, options)
    if (result.code !== 0) {
      throw new Error(`${command} ${args.join(' ')}: exit ${result.code}\n${result.stderr}\n${result.out}`)
    }
    return result.out
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
    created.delete(this.dir)
  }

  /** Every file below a directory, symlinks not followed. */
  files(dir: string): string[] {
    return readdirSync(dir, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  }
}
