import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/**
 * The directory for what is secret to this user (the memo's key, trust): `$XDG_STATE_HOME/git-nixsecret`, else
 * `~/.local/state/git-nixsecret`. It is made, and made 0700, if need be.
 * @throws NixsecretError `io` where it cannot be made, is no directory, or is another user's
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userStateDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env.XDG_STATE_HOME?.startsWith('/')
    ? env.XDG_STATE_HOME
    : join(env.HOME?.startsWith('/') ? env.HOME : homedir(), '.local', 'state')
  const dir = join(base, 'git-nixsecret')
  try {
    makeDirectory(dir)
  } catch (cause) {
    throw fault(dir, `cannot be made: ${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}`, cause)
  }
  const uid = process.getuid?.()
  // A link is fine (dotfile managers make them) as long as it and what it leads to are this user's own.
  for (const stat of [lstatSync(dir), statSync(dir)]) {
    if (uid !== undefined && stat.uid !== uid && !(stat.isSymbolicLink() && stat.uid === 0)) {
      throw fault(dir, `belongs to another user (${stat.uid})`)
    }
    if (!stat.isSymbolicLink() && (stat.mode & 0o077) !== 0) chmodSync(dir, 0o700)
  }
  return dir
}

/** Node's own `recursive` never returns where a file system says ENOENT to a mkdir in it, as /proc and autofs do. */
function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return
    if (code !== 'ENOENT' || dirname(dir) === dir) throw cause
    makeDirectory(dirname(dir))
    mkdirSync(dir, { mode: 0o700 })
  }
}

function fault(dir: string, why: string, cause?: unknown): NixsecretError {
  return new NixsecretError('io', `state directory ${displayText(dir)} ${why}`, { cause })
}
