import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Leak } from './leak.ts'
import type { NixStore } from './nix-store.ts'

/** What became of leaks that were to be removed. */
export interface Removal {
  /** Absolute paths, one character a byte. */
  readonly removed: readonly string[]
  readonly kept: readonly { readonly place: string; readonly why: string }[]
}

/**
 * Removes what can be removed: store paths that no root holds, with all that refers to them; caches and logs, which Nix
 * makes anew. If a source tree went, the records that lead to it go too, since Nix would take it for fetched.
 * @param cacheDirs of this user
 */
export async function removeLeaks(
  leaks: readonly Leak[],
  nixStore: NixStore,
  cacheDirs: readonly string[],
): Promise<Removal> {
  const removed: string[] = []
  const kept: { place: string; why: string }[] = []
  for (const leak of leaks) {
    const why = leak.kind === 'store' ? await removePath(leak, nixStore) : removeOwn(leak)
    if (why === null) removed.push(leak.place)
    else kept.push({ place: leak.place, why })
  }
  if (removed.some((place) => place.endsWith('-source'))) {
    for (const file of fetcherCaches(cacheDirs)) {
      const why = removeFiles(file)
      if (why === null) removed.push(file)
      else kept.push({ place: file, why })
    }
  }
  return { removed, kept }
}

async function removePath({ place, roots }: Leak, nixStore: NixStore): Promise<string | null> {
  // It may have been deleted along with what it refers to.
  if (isGone(place)) return null
  if (roots === null) return 'it is not known which roots hold it'
  if (roots.length > 0) return 'a root holds it'
  const why = await nixStore.delete(place)
  if (isGone(place)) return null
  return why ?? 'nix-store did not delete it'
}

// `eval-cache-v5/HASH.sqlite`, `fetcher-cache-v4.sqlite`, `gitv3/HASH`, `tarball-cache-v2`, `flake-registry.json`; logs are
// `drvs/XX/HASH-NAME.drv.bz2`.
const OF_NIX =
  /\/((eval|fetcher|binary)-cache-v\d+(\/[^/]+)?\.sqlite|(git(v\d+)?|tarballs|tarball-cache)(-v\d+|-[a-z]+)?(\/.*)?|flake-registry\.json|drvs\/[^/]{2}\/[^/]+)$/

/** A cache directory may be set to one that holds more than caches, and what is no cache can't be made anew. */
function removeOwn({ place }: Leak): string | null {
  return OF_NIX.test(place) ? removeFiles(place) : 'it is no file that Nix made: remove it by hand'
}

/** A file, with what belongs to it if it is an SQLite database, or a directory. */
function removeFiles(place: string): string | null {
  try {
    for (const suffix of place.endsWith('.sqlite') ? ['-wal', '-shm', '-journal', ''] : [''])
      rmSync(Buffer.from(`${place}${suffix}`, 'latin1').toString('utf8'), { recursive: true, force: true })
    return isGone(place) ? null : 'it could not be removed'
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    if (code === undefined) throw fault
    return code
  }
}

function fetcherCaches(dirs: readonly string[]): string[] {
  return dirs.flatMap((dir) => {
    try {
      const names = readdirSync(dir).filter((name) => /^fetcher-cache-v\d+\.sqlite$/.test(name))
      return names.map((name) => Buffer.from(join(dir, name)).toString('latin1'))
    } catch {
      return []
    }
  })
}

function isGone(place: string): boolean {
  return lstatSync(Buffer.from(place, 'latin1'), { throwIfNoEntry: false }) === undefined
}
