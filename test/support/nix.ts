import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { has } from './needs.ts'
import type { RunOptions, RunResult, Sandbox } from './sandbox.ts'

/** A Nix that tests run with: the one on PATH, and one for each directory in `NIXSECRET_TEST_NIX`. */
export interface NixProgram {
  /** `2.8.0`, as it tells itself. */
  readonly version: string
  /** The directory that holds it; null: wherever PATH finds it. */
  readonly bin: string | null
}

/** Every Nix at hand, oldest first as a rule; none where there is none. */
export function nixPrograms(): NixProgram[] {
  const extra = (process.env.NIXSECRET_TEST_NIX ?? '').split(delimiter).filter(Boolean)
  return [...(has('nix') ? [null] : []), ...extra].map((bin) => {
    const program = bin === null ? 'nix' : join(bin, 'nix')
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    return { bin, version: /\d+(\.\d+)+/.exec(stdout ?? '')?.[0] ?? 'unknown' }
  })
}

/**
 * A Nix with a store, state, configuration and caches of its own below a sandbox, without a daemon, a network or a
 * build sandbox. The variables are those of the sandbox and more: nothing reaches a store of the machine.
 */
export class NixPlace {
  readonly box: Sandbox
  readonly program: NixProgram
  readonly dir: string
  readonly store: string
  readonly env: Readonly<Record<string, string>>

  /** @param name of the place's directory, for tests that want several */
  constructor(box: Sandbox, program: NixProgram, name = 'nix') {
    this.box = box
    this.program = program
    this.dir = box.path(name)
    this.store = join(this.dir, 'store')
    const below = (part: string): string => {
      mkdirSync(join(this.dir, part), { recursive: true })
      return join(this.dir, part)
    }
    this.env = {
      ...box.env,
      PATH: [program.bin, box.env.PATH].filter(Boolean).join(delimiter),
      NIX_STORE_DIR: this.store,
      NIX_STATE_DIR: below('var'),
      NIX_LOG_DIR: below('log'),
      NIX_CONF_DIR: below('etc'),
      NIX_REMOTE: '',
      XDG_CACHE_HOME: below('cache'),
      NIX_CONFIG: [
        'experimental-features = nix-command flakes',
        'sandbox = false',
        'build-users-group =',
        'substitute = false',
        // A Nix that lies elsewhere than where it was built for would not find its own; 2.8 can't do without.
        ...(program.bin === null ? [] : ['build-hook =']),
        'flake-registry =',
        'connect-timeout = 1',
      ].join('\n'),
    }
  }

  /** Runs a program in this environment. */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.box.run(command, args, { ...options, env: { ...this.env, ...options.env } })
  }

  /** Runs a program and throws, with what it printed, unless it exits 0. */
  ok(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.box.ok(command, args, { ...options, env: { ...this.env, ...options.env } })
  }

  /**
   * Every place of this Nix that holds one of these texts: files of the store, `.drv` files (where text stands
   * escaped), state, caches with their git objects, build logs. Multi-line texts must be given line by line.
   */
  async find(secrets: readonly string[]): Promise<string[]> {
    const found = new Set<string>()
    await this.#search(secrets, (_, place) => found.add(place))
    return [...found]
  }

  /** Which of these texts {@link find} finds anywhere, in one search. */
  async which(secrets: readonly string[]): Promise<string[]> {
    const found = new Set<string>()
    await this.#search(secrets, (secret) => found.add(secret))
    return secrets.filter((secret) => found.has(secret))
  }

  async #search(secrets: readonly string[], onFound: (secret: string, place: string) => void): Promise<void> {
    if (secrets.some((secret) => secret.length < 6 || secret.includes('\n')))
      throw new Error('cannot be searched for')
    const needles = secrets.flatMap((secret) =>
      forms(secret).map((text) => ({ secret, bytes: Buffer.from(text) })),
    )
    const look = (bytes: Buffer, place: string) => {
      for (const needle of needles) if (bytes.includes(needle.bytes)) onFound(needle.secret, place)
    }
    const gitDirs = new Set<string>()
    for (const file of this.box.files(this.dir)) {
      if (basename(file) === 'HEAD' && existsSync(join(dirname(file), 'objects'))) gitDirs.add(dirname(file))
      look(file.endsWith('.bz2') ? unpack('bzcat', file) : readFileSync(file), file)
    }
    for (const dir of gitDirs) {
      const args = ['--git-dir', dir, 'cat-file', '--batch-all-objects', '--batch', '--unordered']
      look((await this.box.run('git', args)).stdout, `objects of ${dir}`)
    }
  }

  /** Names in the store, sorted; none where there is no store yet. */
  names(): string[] {
    return existsSync(this.store)
      ? readdirSync(this.store)
          .filter((name) => !name.startsWith('.'))
          .sort()
      : []
  }
}

/** As itself, as a string of ATerm, and as a JSON string in one, as `.drv` files have it. */
function forms(text: string): string[] {
  const aterm = (value: string) => value.replace(/["\\]/g, '\\$&')
  return [...new Set([text, aterm(text), aterm(JSON.stringify(text).slice(1, -1))])]
}

function unpack(program: string, file: string): Buffer {
  const { stdout, status } = spawnSync(program, [file], { maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(`${program} ${file} failed`)
  return stdout
}
