import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { type GitOptions, tryGit } from '../git/run-git.ts'
import { replaceWorkFile } from './replace-work-file.ts'

/** Bytes; the largest lock files that are known have some hundreds of KiB. */
const MAX_SIZE = 64 << 20

/** What became of lock files that a command wrote in the twin. */
export interface BroughtBack {
  /** In the work tree now. */
  readonly written: readonly BytePath[]
  /** Left in the twin, as the one in the work tree changed meanwhile. */
  readonly refused: readonly BytePath[]
}

/** The lock files of a twin's flakes before a command runs, to bring back those that it writes. */
export class LockFiles {
  readonly #tree: string
  readonly #top: string
  readonly #before = new Map<BytePath, { twin: Buffer | null; real: Buffer | null }>()

  /** @param paths of all files in the twin */
  constructor(tree: string, top: string, paths: readonly BytePath[], sealed: ReadonlySet<BytePath>) {
    this.#tree = tree
    this.#top = top
    const flakes = paths.filter((path) => path === 'flake.nix' || path.endsWith('/flake.nix'))
    const locks = [...flakes.map((path) => `${path.slice(0, -'nix'.length)}lock` as BytePath)]
    for (const path of [
      ...locks,
      ...paths.filter((path) => path === 'flake.lock' || path.endsWith('/flake.lock')),
    ]) {
      // What git encrypts is not ours to write in the open.
      if (!sealed.has(path)) this.#before.set(path, { twin: read(tree, path), real: read(top, path) })
    }
  }

  /**
   * Brings back what was written. A file that is new is made known to git as Nix itself does it (`add -N`), else the
   * next command would not see it.
   */
  async bringBack(git: GitOptions): Promise<BroughtBack> {
    const written: BytePath[] = []
    const refused: BytePath[] = []
    const added: BytePath[] = []
    for (const [path, before] of this.#before) {
      const now = read(this.#tree, path)
      if (now === null || (before.twin !== null && now.equals(before.twin))) continue
      const real = read(this.#top, path)
      if (real?.equals(now)) continue
      if (!same(real, before.real) || (real === null && existsSync(workFilePath(this.#top, path)))) {
        refused.push(path)
        continue
      }
      replaceWorkFile(this.#top, path, now)
      written.push(path)
      if (real === null) added.push(path)
    }
    if (added.length > 0) {
      const args = ['add', '-N', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul']
      const input = Buffer.from(added.map((path) => `${path}\0`).join(''), 'latin1')
      await tryGit(args, { ...git, input, env: { ...git.env, GIT_LITERAL_PATHSPECS: '1' } })
    }
    return { written, refused }
  }
}

function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

/** @returns null where there is no regular file of a sensible size */
function read(top: string, path: BytePath): Buffer | null {
  let fd: number
  try {
    fd = openSync(workFilePath(top, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= MAX_SIZE ? readFileSync(fd) : null
  } finally {
    closeSync(fd)
  }
}
