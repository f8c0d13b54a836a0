import { lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * `XDG_STATE_HOME` of this process, where it is for sure the state of the user that a repository belongs to: `sudo` may
 * have kept it, or somebody else has set it. What lies there says what that user has accepted, so that nobody but they and
 * root may be able to put another directory in its place.
 * @returns null where it is unset, or not known to be theirs: then the default holds
 */
export function ownersStateHome(
  uid: number,
  home: string | undefined = process.env.XDG_STATE_HOME,
): string | null {
  if (!home?.startsWith('/') || home.includes('\n')) return null
  try {
    const dir = realpathSync(join(home, 'git-nixsecret'))
    const stat = lstatSync(dir)
    if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) return null
    // By its true name, which leads through no link.
    const truly = dirname(dir)
    for (let at = truly; ; at = dirname(at)) {
      if (!isKept(at, uid)) return null
      if (at === '/') return join(truly, 'git-nixsecret') === dir ? truly : null
    }
  } catch {
    return null
  }
}

/** Whether nobody else can rename what is in a directory. */
function isKept(dir: string, uid: number): boolean {
  const { mode, uid: owner } = lstatSync(dir)
  const isSticky = (mode & 0o1000) !== 0
  return (owner === 0 || owner === uid) && ((mode & 0o022) === 0 || isSticky)
}
