import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { storeDir } from '../../host/nix-dirs.ts'
import type { Unreadable } from './entry-scanner.ts'
import type { FileHits, FileScanner } from './file-scanner.ts'
import type { Found, Look } from './found.ts'
import { meaningsOf } from './meanings-of.ts'
import { scanGitCache } from './scan-git-cache.ts'
import type { SearchPlan } from './search-plan.ts'

/** Bytes of git objects that are read even if not everything is. */
const SMALL_GIT_CACHE = 64 << 20

/** What looking at Nix's caches gave. */
export interface CacheLook extends Look {
  /** Stores of git objects in which only whole files were looked for. */
  readonly onlyWhole: number
}

/**
 * Looks through Nix's caches of a user: SQLite databases as they lie, with their write-ahead logs, and git objects.
 * @param dirs as `cacheDirs` has them; they need not exist
 * @param deep whether to read large stores of git objects whole, too
 */
export async function scanCaches(
  plan: SearchPlan,
  scanner: FileScanner,
  dirs: readonly string[],
  deep: boolean,
): Promise<CacheLook> {
  const found: Found[] = []
  const unreadable: Unreadable[] = []
  const gitDirs: string[] = []
  let files = 0
  let onlyWhole = 0
  const fault = (path: string, error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'ENXIO')
      unreadable.push({ path, code })
  }
  for (const path of filesBelow(dirs, gitDirs, unreadable, fault)) {
    files++
    let hits: FileHits | null = null
    try {
      hits = scanner.scan(Buffer.from(path, 'latin1'), 'all')
    } catch (error) {
      fault(path, error)
    }
    if (hits === null) continue
    const kind = /\/eval-cache-v\d+\//.test(path) ? 'eval-cache' : 'cache'
    found.push({ kind, path, in: 'content', meanings: meaningsOf(plan, hits) })
  }
  for (const dir of gitDirs) {
    const whole = deep || sizeOf(dir) <= SMALL_GIT_CACHE
    if (!whole) onlyWhole++
    const look = await scanGitCache(plan, scanner, dir, whole)
    if (look === null) unreadable.push({ path: dir, code: 'git cat-file failed' })
    else if (look.length > 0) found.push({ kind: 'git-cache', path: dir, in: 'objects', meanings: look })
  }
  return { found, unreadable, files: files + gitDirs.length, onlyWhole }
}

/** Every file, without those of git directories, which are put on a list of their own. */
function* filesBelow(
  tops: readonly string[],
  gitDirs: string[],
  unreadable: Unreadable[],
  fault: (path: string, error: unknown) => void,
): Generator<string> {
  const open = tops.map((top) => Buffer.from(top).toString('latin1'))
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    try {
      const at = Buffer.from(dir, 'latin1')
      const entries = readdirSync(at, { encoding: 'latin1' as 'utf8', withFileTypes: true })
      const names = new Set(entries.map(({ name }) => name))
      if (names.has('HEAD') && names.has('objects')) {
        gitDirs.push(dir)
        continue
      }
      for (const entry of entries) {
        if (entry.isDirectory()) open.push(`${dir}/${entry.name}`)
        else if (entry.isFile()) yield `${dir}/${entry.name}`
        else if (entry.isSymbolicLink() && leadsAside(`${dir}/${entry.name}`))
          unreadable.push({ path: `${dir}/${entry.name}`, code: 'a symbolic link is not followed' })
      }
    } catch (error) {
      fault(dir, error)
    }
  }
}

/** Whether something is there that is looked at nowhere else: Nix keeps links into the store here. */
function leadsAside(link: string): boolean {
  try {
    return !realpathSync(Buffer.from(link, 'latin1')).startsWith(`${realpathSync(storeDir())}/`)
  } catch (error) {
    return existsSync(Buffer.from(link, 'latin1')) || (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** Bytes of the packs and loose objects of a git directory. */
function sizeOf(dir: string): number {
  const objects = join(dir, 'objects')
  if (!existsSync(objects)) return 0
  let size = 0
  for (const entry of readdirSync(objects, { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      size += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
    if (size > SMALL_GIT_CACHE) break
  }
  return size
}
