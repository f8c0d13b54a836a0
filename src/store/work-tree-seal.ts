import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { isWorkFile } from '../blob/work-file.ts'
import { type BytePath, bytePath, displayText, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type FlaggedEntry, parseFlaggedIndex, readFlaggedIndex } from '../git/flagged-index.ts'
import { type GitOptions, runGit, splitNul, tryGit } from '../git/run-git.ts'
import { fileStamp } from '../host/file-stamp.ts'
import { replaceFile } from '../host/replace-file.ts'
import type { TwinPlace } from './twin-place.ts'

// No daemon, no second file, no warnings: what the user set for his own index is not for this one.
const QUIET = [
  'core.fsmonitor',
  'core.splitIndex',
  'core.untrackedCache',
  'core.safecrlf',
  'add.ignoreErrors',
].flatMap((key) => ['-c', `${key}=false`])

/**
 * Makes a tree of the tracked files as they lie in the work tree, modified, deleted and `add -N` ones too, protected
 * files cleaned by git's own filter. It works on a copy of the index, and its objects go to the twin's store: the
 * repository's index, objects and refs stay as they are. What it made last is taken up again, so that a file which was
 * cleaned once is not cleaned each time.
 */
export class WorkTreeSeal {
  readonly #place: TwinPlace
  readonly #top: string
  /** A copy of its own for each run: a git that outlives a killed run spoils nothing. */
  readonly #working: string
  readonly #options: GitOptions & { cwd: string }
  /** Of the repository's index. */
  readonly #stamp: string
  /** The tree of what was taken up again, null where nothing was. */
  readonly known: string | null
  /** What git listed last. */
  #listed: Buffer | null = null
  /** Inode of the copy: git writes an index by putting a new file in its place. */
  readonly #inode: bigint | null

  /**
   * @param top of the work tree
   * @param index the repository's, a file
   */
  constructor(place: TwinPlace, top: string, index: string) {
    this.#place = place
    this.#top = top
    this.#working = join(place.dir, `seal-${process.pid}.index`)
    this.#options = {
      cwd: top,
      env: { GIT_INDEX_FILE: this.#working, GIT_OBJECT_DIRECTORY: join(place.gitDir, 'objects') },
    }
    mkdirSync(place.dir, { recursive: true, mode: 0o700 })
    this.#stamp = fileStamp(index)
    this.known = this.#remembered()
    const from = this.known === null ? index : place.sealIndex
    this.#inode = existsSync(from) ? copyIndex(from, this.#working) : null
  }

  /** Every entry of the index, with flags. */
  async entries(): Promise<FlaggedEntry[]> {
    if (this.known !== null && !this.#changed()) {
      const listed = readOrNull(this.#list())
      if (listed !== null) return parseFlaggedIndex(listed)
    }
    this.#listed = await readFlaggedIndex(this.#options)
    return parseFlaggedIndex(this.#listed)
  }

  /**
   * Brings the index up to the work tree. Files that git was told not to look at are looked at: Nix does so, too.
   * @param entries what {@link entries} said
   * @returns whether anything changed
   * @throws NixsecretError what the filter said
   */
  async update(entries: readonly FlaggedEntry[]): Promise<boolean> {
    const present = ({ skipped, path }: FlaggedEntry) => skipped && isWorkFile(this.#top, path)
    const pinned = entries.filter((entry) => entry.pinned)
    const there = entries.filter(present)
    // Without a wait where there are none, so that git is started before this returns.
    if (pinned.length > 0) await this.#unflag('--no-assume-unchanged', pinned)
    if (there.length > 0) await this.#unflag('--no-skip-worktree', there)
    await this.#add(['-u'])
    return this.#changed()
  }

  /** Cleans these again although git takes them for unchanged: they were added before there was a filter. */
  renormalize(paths: readonly BytePath[]): Promise<void> {
    const args = ['--renormalize', '--pathspec-from-file=-', '--pathspec-file-nul']
    return this.#add(args, nulEnded(paths))
  }

  /** Whether all is as it was when it was kept. */
  get isAsKept(): boolean {
    return this.known !== null && !this.#changed()
  }

  /** What a commit has in the place of files that are otherwise now. */
  async former(commit: string): Promise<{ path: BytePath; oid: string }[]> {
    const args = ['diff-index', '--cached', '--raw', '--no-renames', '--no-abbrev', '-z', commit, '--']
    const fields = splitNul(await runGit([...QUIET, ...args], this.#options))
    // `:MODE MODE OID OID STATUS`, then the path.
    return fields.flatMap((field, at) => {
      const oid = field.toString('latin1').split(' ')[2] as string
      return at % 2 === 1 || /^0+$/.test(oid) ? [] : [{ path: bytePath(fields[at + 1] as Buffer), oid }]
    })
  }

  /** Writes the tree. @returns its id */
  async tree(): Promise<string> {
    if (this.known !== null && !this.#changed()) return this.known
    return (await runGit(['write-tree'], this.#options)).toString('latin1').trim()
  }

  /** Keeps what was made for the next time. To be called once its tree is in the twin. */
  keep(tree: string): void {
    if (this.#inode === null && !existsSync(this.#working)) return
    if (this.known === tree && !this.#changed() && this.#listed === null) return
    rmSync(this.#record(), { force: true })
    renameSync(this.#working, this.#place.sealIndex)
    if (this.#listed === null) rmSync(this.#list(), { force: true })
    else replaceFile(this.#list(), this.#listed)
    replaceFile(this.#record(), JSON.stringify({ index: this.#stamp, tree }))
  }

  /** Removes the copy. */
  drop(): void {
    for (const file of [this.#working, `${this.#working}.lock`]) rmSync(file, { force: true })
  }

  /** The listing of the index that was kept, to save git's start. */
  #list(): string {
    return join(this.#place.dir, 'seal-list')
  }

  #record(): string {
    return join(this.#place.dir, 'seal.json')
  }

  #remembered(): string | null {
    try {
      const { index, tree } = JSON.parse(readFileSync(this.#record(), 'utf8')) as Record<
        'index' | 'tree',
        string
      >
      const fits = index === this.#stamp && index !== '' && /^[0-9a-f]{40,64}$/.test(tree)
      return fits && existsSync(this.#place.sealIndex) ? tree : null
    } catch {
      return null
    }
  }

  #changed(): boolean {
    const stat = statSync(this.#working, { bigint: true, throwIfNoEntry: false })
    return (stat?.ino ?? null) !== this.#inode
  }

  async #unflag(flag: string, entries: readonly FlaggedEntry[]): Promise<void> {
    const input = nulEnded(entries.map(({ path }) => path))
    await runGit([...QUIET, 'update-index', flag, '-z', '--stdin'], { ...this.#options, input })
  }

  async #add(args: readonly string[], input?: Uint8Array): Promise<void> {
    const env = { ...this.#options.env, GIT_LITERAL_PATHSPECS: '1' }
    const options = { ...this.#options, env, ...(input === undefined ? {} : { input }) }
    const { code, stderr } = await tryGit([...QUIET, 'add', '--sparse', ...args], options)
    if (code !== 0) throw asFault(stderr)
  }
}

/** @returns the inode of the copy */
function copyIndex(from: string, to: string): bigint {
  rmSync(`${to}.lock`, { force: true })
  copyFileSync(from, to)
  // git knows by the index's time which files it must look into, as they were written in the same moment. A little
  // earlier than it was, and it looks into some more.
  const { mtimeNs } = statSync(from, { bigint: true })
  const seconds = Number(mtimeNs / 1000n - 1n) / 1e6
  utimesSync(to, seconds, seconds)
  return statSync(to, { bigint: true }).ino
}

function nulEnded(paths: readonly BytePath[]): Buffer {
  return Buffer.concat(paths.flatMap((path) => [pathBytes(path), Buffer.of(0)]))
}

function readOrNull(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}

/** Our filter speaks through git's stderr; what it says is told as our own. */
function asFault(stderr: string): NixsecretError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const ours = lines.find((line) => /^git-nixsecret: error: /.test(line))
  const line = ours ?? lines[0] ?? 'it says nothing'
  const hints = lines.filter((text) => text.startsWith('hint: ')).map((text) => displayText(text.slice(6)))
  const text = displayText(line.replace(/^(git-nixsecret: error|fatal|error): /, ''))
  return new NixsecretError('git', ours === undefined ? `git add: ${text}` : text, { hints })
}
