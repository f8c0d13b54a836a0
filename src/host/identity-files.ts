import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** Most bytes that a file of private keys may have. */
const LARGEST = 1 << 20

/** Where the environment says that things are; for tests, default the process's own. */
export interface HostEnvironment {
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Where this user's private keys are: `$NIXSECRET_IDENTITY` (one path), else what git's config says, else
 * those that exist of `$XDG_CONFIG_HOME/git-nixsecret/identity.txt`, `~/.ssh/id_ed25519`, `~/.ssh/id_rsa`.
 * @param configured values of `git config --type=path --get-all nixsecret.identity`
 * @returns absolute paths without duplicates; those that somebody named are there even if no such file exists
 */
export function identityPaths(
  configured: readonly string[],
  { env = process.env }: HostEnvironment = {},
): string[] {
  const named = env.NIXSECRET_IDENTITY
  if (named !== undefined && named !== '') return [resolve(expandHome(named, env))]
  const set = configured.filter((path) => path !== '')
  if (set.length > 0) return [...new Set(set.map((path) => resolve(expandHome(path, env))))]
  return defaultIdentityPaths({ env }).filter((path) => existsSync(path))
}

/** The places that are looked at where nobody named one; the first is where `identity new` and `init` would write. */
export function defaultIdentityPaths({ env = process.env }: HostEnvironment = {}): string[] {
  const home = homeOf(env)
  const config = absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config')
  return [
    join(config, 'git-nixsecret', 'identity.txt'),
    ...['id_ed25519', 'id_rsa'].map((f) => join(home, '.ssh', f)),
  ]
}

/**
 * Reads a file of private keys, at most 1 MiB. A FIFO is refused: it would block.
 * @throws NixsecretError `missing` where there is none, `identity` where it cannot be one, `io` otherwise
 */
export async function readIdentityFile(path: string): Promise<Buffer> {
  const shown = displayText(path)
  let fd: number
  try {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (cause) {
    throw openFault(path, shown, cause)
  }
  try {
    const stat = fstatSync(fd)
    if (stat.isDirectory())
      throw new NixsecretError('identity', `${shown} is a directory, not a file of private keys`)
    // What `<(…)` of a shell and `NIXSECRET_IDENTITY=/dev/fd/3` give is a pipe: a file is asked for, as ssh does.
    if (!stat.isFile()) throw new NixsecretError('identity', `${shown} is not a regular file`)
    return readAll(fd, shown)
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
    throw new NixsecretError('io', `cannot read the private keys in ${shown}: ${errorCode(cause)}`, { cause })
  } finally {
    closeSync(fd)
  }
}

/**
 * Whether others than its owner can read a file (or what a link leads to), as `ssh` would complain about.
 * @returns mode in four octal digits (`0644`), or null where it is tight or there is no such file
 */
export function looseMode(path: string): string | null {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      const mode = fstatSync(fd).mode & 0o7777
      return (mode & 0o077) === 0 ? null : mode.toString(8).padStart(4, '0')
    } finally {
      closeSync(fd)
    }
  } catch {
    return null
  }
}

function readAll(fd: number, shown: string): Buffer {
  const buffer = Buffer.alloc(LARGEST + 1)
  let size = 0
  for (;;) {
    const length = readSync(fd, buffer, size, buffer.length - size, null)
    size += length
    if (size > LARGEST)
      throw new NixsecretError('identity', `${shown} is larger than 1 MiB; no file of private keys is`)
    if (length === 0) break
  }
  // Not a view: the large buffer, which held the keys too, must not stay.
  const content = Buffer.from(buffer.subarray(0, size))
  buffer.fill(0, 0, size)
  return content
}

function openFault(path: string, shown: string, cause: unknown): NixsecretError {
  const code = errorCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new NixsecretError('missing', `no file of private keys at ${shown}`, {
      cause,
      hints: ['git config --get-all --show-origin nixsecret.identity'],
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hints = /^[\w./-]+$/.test(path) ? [`ls -l ${path}`] : []
    return new NixsecretError('io', `no permission to read the private keys in ${shown}`, { cause, hints })
  }
  return new NixsecretError('io', `cannot open the private keys in ${shown}: ${code}`, { cause })
}

function errorCode(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? 'unknown error'
}

function homeOf(env: Readonly<Record<string, string | undefined>>): string {
  return absolute(env.HOME) ?? homedir()
}

function expandHome(path: string, env: Readonly<Record<string, string | undefined>>): string {
  return path === '~' || path.startsWith('~/') ? join(homeOf(env), path.slice(1)) : path
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') ? path : null
}
