import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'

/** The parts of a repository that lock state needs. */
export type LockPlace = Pick<Repository, 'gitDir' | 'commonDir' | 'stateDir'>

/** Bytes; far above what anyone names by hand, low enough to be read before every checkout. */
const MAX_SIZE = 16 << 20

/** What `lock` and `unlock` name: a file, a directory (no trailing slash), or `''` for everything. */
export type LockScope = BytePath | ''

/**
 * Which paths `git nixsecret lock` holds as ciphertext in this work tree.
 *
 * What was said last about a path, or about a directory that it lies in, counts. As saying something of a
 * directory forgets what was said of the paths in it, that is the same as "the longest named prefix wins",
 * which is how it is looked up and kept: `L<path>` or `U<path>`, each followed by a NUL.
 *
 * The file holds names of paths and nothing else: `path:` flakes copy it to the Nix store.
 */
export class LockState {
  readonly #file: string
  #entries: Map<string, boolean>
  #changes: [LockScope, boolean][] = []
  /** Whether the file was there but could not be read: then everything counts as locked. */
  readonly damaged: boolean

  private constructor(file: string, entries: Map<string, boolean> | null) {
    this.#file = file
    this.damaged = entries === null
    this.#entries = entries ?? new Map([['', true]])
  }

  /**
   * Reads the state: one file, nothing locked where there is none. Never throws: what can't be read locks
   * everything, since ciphertext in the work tree loses nothing and plaintext might.
   */
  static load(repo: LockPlace): LockState {
    const file = stateFile(repo)
    return new LockState(file, readEntries(file))
  }

  /** Whether nothing at all is locked. */
  get empty(): boolean {
    return this.#entries.size === 0
  }

  /** Whether smudge is to leave this path as ciphertext. */
  isLocked(path: BytePath): boolean {
    if (this.#entries.size === 0) return false
    for (let scope: string = path; ; scope = parentOf(scope)) {
      const locked = this.#entries.get(scope)
      if (locked !== undefined) return locked
      if (scope === '') return false
    }
  }

  /** Holds a path, everything below a directory, or (`''`) everything as ciphertext. */
  lock(scope: LockScope): void {
    this.#change(scope, true)
  }

  /** Lets a path, everything below a directory, or (`''`) everything be plaintext again. */
  unlock(scope: LockScope): void {
    this.#change(scope, false)
  }

  /**
   * Writes what changed since {@link load}, on top of what another command may have written meanwhile.
   * @throws NixsecretError `io`
   */
  save(): void {
    const changes = this.#changes
    this.#entries = readEntries(this.#file) ?? new Map()
    this.#changes = []
    for (const [scope, locked] of changes) this.#change(scope, locked)
    this.#changes = []
    const bytes = Buffer.from(
      [...this.#entries].map(([scope, locked]) => `${locked ? 'L' : 'U'}${scope}\0`).join(''),
      'latin1',
    )
    if (bytes.length > MAX_SIZE) {
      throw new NixsecretError('refused', 'too many single paths are locked; lock directories instead', {
        hints: ['git nixsecret lock'],
      })
    }
    try {
      this.#write(bytes)
    } catch (cause) {
      throw new NixsecretError('io', 'cannot write down which files are locked', { cause })
    }
  }

  #write(bytes: Buffer): void {
    if (bytes.length === 0) {
      rmSync(this.#file, { force: true })
      return
    }
    mkdirSync(join(this.#file, '..'), { recursive: true, mode: 0o700 })
    const temporary = `${this.#file}.${process.pid}.tmp`
    writeFileSync(temporary, bytes, { mode: 0o600 })
    renameSync(temporary, this.#file)
  }

  #change(scope: LockScope, locked: boolean): void {
    this.#changes.push([scope, locked])
    if (scope === '') this.#entries.clear()
    for (const known of [...this.#entries.keys()])
      if (known === scope || known.startsWith(`${scope}/`)) this.#entries.delete(known)
    if (this.isLocked(scope as BytePath) !== locked) this.#entries.set(scope, locked)
  }
}

function parentOf(scope: string): string {
  return scope.slice(0, Math.max(0, scope.lastIndexOf('/')))
}

/**
 * Where the state of a work tree is. That of a linked one lies in git's own directory for it: it moves with the
 * worktree and dies with it, so that a later one of the same name does not inherit it.
 */
function stateFile(repo: LockPlace): string {
  const linked = repo.gitDir !== repo.commonDir
  return linked ? join(repo.gitDir, 'nixsecret', 'locked') : join(repo.stateDir, 'locked', 'main')
}

/** @returns null where there is a state that can't be read */
function readEntries(file: string): Map<string, boolean> | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Map() : null
  }
  if (bytes.length > MAX_SIZE || (bytes.length > 0 && bytes.at(-1) !== 0)) return null
  const entries = new Map<string, boolean>()
  for (const entry of bytes.toString('latin1').split('\0').slice(0, -1)) {
    if (entry[0] !== 'L' && entry[0] !== 'U') return null
    entries.set(entry.slice(1), entry[0] === 'L')
  }
  return entries
}
