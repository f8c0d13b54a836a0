import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, join, relative } from 'node:path'
import { workFilePath } from '../blob/work-file.ts'
import { type BytePath, bytePath } from '../byte-path.ts'
import type { TreeEntry } from '../git/list-index.ts'
import { LOCAL_VARIABLES } from '../git/local-variables.ts'
import type { Repository } from '../git/repository.ts'
import { type GitOptions, runGit, splitNul, tryGit } from '../git/run-git.ts'
import { storeDir } from '../host/nix-dirs.ts'
import { replaceFile } from '../host/replace-file.ts'
import type { TwinPlace } from './twin-place.ts'
import { isLink } from './twin-refusals.ts'

/** What of the repository's configuration says how files lie in the work tree. */
const KEPT = [
  'core.autocrlf',
  'core.eol',
  'core.symlinks',
  'core.filemode',
  'core.attributesfile',
  'core.ignorecase',
]

/** The twin's own git directory and files. All of it is to be used with the lock held. */
export class TwinCheckout {
  readonly #place: TwinPlace
  readonly #repo: Repository
  /** How git is run on the twin. Its directory is named, or git would look for one further up: the user's own. */
  readonly git: GitOptions & { readonly cwd: string }

  constructor(place: TwinPlace, repo: Repository) {
    this.#place = place
    this.#repo = repo
    this.git = { cwd: place.tree, env: { ...LOCAL_VARIABLES, GIT_DIR: '.git', GIT_WORK_TREE: '.' } }
  }

  /**
   * Makes the git directory if need be, and sees that everything in it which is not files' state is as it should be:
   * a command that ran in the twin may have changed it.
   * @param head id of the commit, or null where there is none yet
   * @returns whether anything that Nix could see was changed
   */
  prepare(config: ReadonlyMap<string, string>, head: string | null): boolean {
    const { gitDir } = this.#place
    // Strays are removed: what a link leads to may be anybody's.
    for (const dir of [this.#place.dir, this.#place.tree, gitDir])
      if (lstatSync(dir, { throwIfNoEntry: false })?.isSymbolicLink()) throw isLink(dir)
    const fresh = !existsSync(join(gitDir, 'refs'))
    // All directories of objects are made now: one made by root later on would be root's.
    const parts = fresh ? Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0')) : []
    for (const part of ['objects/info', 'info', ...parts.map((part) => `objects/${part}`)])
      mkdirSync(join(gitDir, part), { recursive: true, mode: 0o700 })
    const objects = realpathSync(join(gitDir, 'objects'))
    // Relative, so that the repository may be moved.
    const alternate = relative(objects, realpathSync(join(this.#repo.commonDir, 'objects')))
    const shallow = readOrNull(join(this.#repo.commonDir, 'shallow'))
    const changed = [
      this.#put('objects/info/alternates', `${alternate}\n`),
      this.#put('config', configText(config, this.#repo.objectFormat)),
      this.#put('HEAD', `${head ?? 'ref: refs/heads/none'}\n`),
      this.#put('shallow', shallow),
      this.#put('info/attributes', readOrNull(join(this.#repo.commonDir, 'info/attributes'))),
    ].some(Boolean)
    // Last, as it makes a git directory of it.
    mkdirSync(join(gitDir, 'refs'), { recursive: true, mode: 0o700 })
    return changed || fresh
  }

  /** Files of the twin that are not as the tree has them; all that can't be told counts as changed (null). */
  async differing(tree: string): Promise<BytePath[] | null> {
    if (!existsSync(join(this.#place.gitDir, 'index'))) return null
    const { code, stdout } = await tryGit(['diff-index', '-z', '--name-only', tree, '--'], this.git)
    return code === 0 ? splitNul(stdout).map(bytePath) : null
  }

  /**
   * What lies in the twin besides the files of the tree, without links that builds leave (`result`). Looked for here,
   * as it takes git's start alone as long.
   */
  strays(entries: readonly TreeEntry[]): BytePath[] {
    const files = new Set<string>()
    const folders = new Set<string>()
    for (const { path, mode } of entries) {
      if (mode === '160000') folders.add(path)
      else files.add(path)
      for (let at = path.lastIndexOf('/'); at !== -1; at = path.lastIndexOf('/', at - 1)) {
        const folder = path.slice(0, at)
        if (folders.has(folder)) break
        folders.add(folder)
      }
    }
    const found: BytePath[] = []
    const visit = (prefix: string) => {
      // Names as latin1 are bytes, as ours are; git tells of a file that is none any more.
      for (const name of readdirSync(workFilePath(this.#place.tree, prefix as BytePath), 'latin1')) {
        const path = `${prefix}${name}` as BytePath
        if (files.has(path) || path === '.git') continue
        if (folders.has(path) && this.#isFolder(path)) visit(`${path}/`)
        else if (!this.#isResult(path)) found.push(path)
      }
    }
    visit('')
    return found
  }

  /** Whether there is a directory; what a link leads to is none of ours. */
  #isFolder(path: BytePath): boolean {
    return lstatSync(workFilePath(this.#place.tree, path)).isDirectory()
  }

  /** Whether a path of the twin is a link into the store that a build left. */
  #isResult(path: BytePath): boolean {
    if (!/^result(-|$)/.test(basename(path))) return false
    const file = workFilePath(this.#place.tree, path)
    return lstatSync(file).isSymbolicLink() && readlinkSync(file).startsWith(`${storeDir()}/`)
  }

  /** Makes the files those of the tree; strays are removed. */
  async checkOut(tree: string, strays: readonly BytePath[]): Promise<void> {
    for (const path of strays) {
      const file = workFilePath(this.#place.tree, path)
      rmSync(file, { recursive: true, force: true })
    }
    await runGit(['read-tree', '--reset', '-u', tree], this.git)
  }

  /** Removes objects from the twin's own store, if they are there. */
  forget(oids: readonly string[]): void {
    for (const oid of oids)
      rmSync(join(this.#place.gitDir, 'objects', oid.slice(0, 2), oid.slice(2)), { force: true })
  }

  /** Puts the whole twin away, to begin anew. */
  discard(): void {
    for (const name of ['tree', 'seal-index', 'seal.json', 'verified']) {
      const away = join(this.#place.dir, `old-${process.pid}-${name}`)
      try {
        // A git of a killed run may still write into it: not into what comes in its place.
        renameSync(join(this.#place.dir, name), away)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
      rmSync(away, { recursive: true, force: true })
    }
  }

  /** @returns whether it was otherwise before */
  #put(name: string, content: string | null): boolean {
    const file = join(this.#place.gitDir, name)
    if (readOrNull(file) === content) return false
    if (content === null) rmSync(file, { force: true })
    else replaceFile(file, Buffer.from(content, 'latin1'))
    return true
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return null
  }
}

/** No filter runs in the twin, whatever the user's own configuration says; nothing packs or removes its objects. */
function configText(config: ReadonlyMap<string, string>, format: Repository['objectFormat']): string {
  const lines = [
    '[core]',
    `\trepositoryformatversion = ${format === 'sha1' ? 0 : 1}`,
    '\tbare = false',
    '\tlogallrefupdates = false',
    '\thooksPath = /dev/null',
    ...['fsmonitor', 'splitIndex', 'untrackedCache', 'sparseCheckout', 'safecrlf'].map(
      (key) => `\t${key} = false`,
    ),
    ...KEPT.flatMap((key) => {
      const value = config.get(key)
      return value === undefined ? [] : [`\t${key.slice(5)} = ${quoted(value)}`]
    }),
    ...(format === 'sha1' ? [] : ['[extensions]', `\tobjectFormat = ${format}`]),
    '[gc]',
    '\tauto = 0',
    '[maintenance]',
    '\tauto = false',
  ]
  const names = [...config.keys()].flatMap((key) => /^filter\.(.+)\.[^.]+$/s.exec(key)?.[1] ?? [])
  for (const name of new Set(['nixsecret', 'nixsecret-sealed', ...names])) {
    lines.push(`[filter ${quoted(name)}]`, '\tprocess =', '\tclean =', '\tsmudge =', '\trequired = false')
  }
  // Bytes, as the files that this is compared with are read.
  return Buffer.from(`${lines.join('\n')}\n`).toString('latin1')
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
