import { statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

// Where Nix keeps what, by the variables that it reads itself; none of these directories need exist.
// https://nix.dev/manual/nix/latest/command-ref/env-common

type Env = Readonly<Record<string, string | undefined>>

/** The store: `$NIX_STORE_DIR`, else `$NIX_STORE`, else `/nix/store`. Every user of the machine can read it. */
export function storeDir(env: Env = process.env): string {
  return env.NIX_STORE_DIR || env.NIX_STORE || '/nix/store'
}

/** Database, profiles and roots: `$NIX_STATE_DIR`, else `/nix/var/nix`. */
export function stateDir(env: Env = process.env): string {
  return env.NIX_STATE_DIR || '/nix/var/nix'
}

/** Build logs (`drvs/` in it): `$NIX_LOG_DIR`, else `/nix/var/log/nix`. */
export function logDir(env: Env = process.env): string {
  return env.NIX_LOG_DIR || '/nix/var/log/nix'
}

/**
 * The caches of this user (fetched sources, evaluations): `$NIX_CACHE_HOME`, which only newer Nix knows, and
 * `$XDG_CACHE_HOME/nix`, else `~/.cache/nix`. More than one, since which Nix will run is not known here; and newer Nix
 * takes the home of the password database where `$HOME` belongs to another user, as it does under some `sudo`.
 */
export function cacheDirs(env: Env = process.env): string[] {
  const home = env.HOME || homedir()
  const found = [
    ...(env.NIX_CACHE_HOME ? [env.NIX_CACHE_HOME] : []),
    env.XDG_CACHE_HOME ? join(env.XDG_CACHE_HOME, 'nix') : join(home, '.cache', 'nix'),
    ...(isForeign(home) ? [join(userInfo().homedir, '.cache', 'nix')] : []),
  ]
  return [...new Set(found)]
}

function isForeign(home: string): boolean {
  const stat = statSync(home, { throwIfNoEntry: false })
  return stat !== undefined && stat.uid !== process.getuid?.()
}
