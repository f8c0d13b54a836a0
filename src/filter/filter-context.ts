import { existsSync, statSync } from 'node:fs'
import type { AskPassphrase } from '../age/identity-file.ts'
import { Keys } from '../blob/keys.ts'
import { PolicySource } from '../blob/load-policy.ts'
import { LockState } from '../blob/lock-state.ts'
import { Memo } from '../blob/memo.ts'

import { TrustSource } from '../blob/trust/trust-source.ts'

import type { BytePath } from '../byte-path.ts'

import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import { listIndex, listTree, type TreeEntry } from '../git/list-index.ts'
import type { Repository } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'
import { BlobOpener } from './blob-opener.ts'
import { HeaderSource } from './header-source.ts'
import { KeptSeals } from './kept-seals.ts'
import { TreeBlobs } from './tree-blobs.ts'
import { WrittenFiles } from './written-files.ts'

/** What clean and smudge know of the repository; each part is made when it is first needed. */
export class FilterContext {
  readonly repo: Repository
  readonly catFile = new CatFile()
  readonly policy: PolicySource
  /** What this user has accepted of it. */
  readonly trust: TrustSource
  /** For smudge, which may ask for a passphrase. */
  readonly keys: Keys
  /** For clean, which never asks. */
  readonly silentKeys: Keys
  readonly memo: Memo
  /** How plaintexts were sealed lately, so that they are sealed to the same bytes again. */
  readonly seals: KeptSeals
  readonly locked: LockState
  /** What smudge gave git for which files. */
  readonly written = new WrittenFiles()
  /** What the index has at a path. */
  readonly index: TreeBlobs
  /** What HEAD has at a path. */
  readonly head: TreeBlobs
  /** New headers, made ahead where many are needed. */
  readonly headers = new HeaderSource()
  /** Opens blobs while git is still handing over more of them. */
  readonly opener: BlobOpener
  readonly #indexFile: string

  constructor(repo: Repository, ask: AskPassphrase | null) {
    this.repo = repo
    this.policy = new PolicySource(repo.workTree, this.catFile)
    this.trust = new TrustSource({ repo, catFile: this.catFile, git: {} })
    this.keys = new Keys({}, ask)
    this.silentKeys = ask === null ? this.keys : new Keys({}, null)
    this.memo = new Memo(repo.stateDir)
    this.seals = new KeptSeals(repo.stateDir, this.memo)
    this.locked = LockState.load(repo)
    this.opener = new BlobOpener(this.keys, this.memo)
    this.#indexFile = process.env.GIT_INDEX_FILE ?? `${repo.gitDir}/index`
    const stamp = () => {
      const stat = statSync(this.#indexFile, { throwIfNoEntry: false })
      return stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`
    }
    this.index = new TreeBlobs(this.catFile, ':0:', listProtected, stamp)
    // The index is always looked at first, and changes with HEAD.
    const seen = () => this.index.listStamp
    this.head = new TreeBlobs(this.catFile, 'HEAD:', () => listTree('HEAD').catch(() => []), seen)
  }

  /** Whether git is about to change the index, as `add` and `commit` do, and does not only look, as `status` and `diff`. */
  get isStaging(): boolean {
    return existsSync(`${this.#indexFile}.lock`)
  }

  /** What the memo calls a path in this work tree. */
  placeOf(path: BytePath): Buffer {
    return this.memo.place(this.repo.gitDir, path)
  }

  /** Where large contents are spooled. */
  get spoolDir(): string {
    return `${this.repo.stateDir}/tmp`
  }

  /** Writes down what was learned and lets git's helpers go. */
  close(): void {
    const top = this.repo.workTree
    for (const [path, oid] of top === null ? [] : this.written.written(top))
      this.memo.noteWritten(this.placeOf(path), oid)
    this.memo.save()
    this.seals.save()
    this.catFile.close()
    this.headers.close()
    this.opener.close()
  }
}

async function listProtected(): Promise<TreeEntry[]> {
  return listIndex({}, [':(top,attr:filter=nixsecret)', ':(top,attr:filter=nixsecret-sealed)'])
}

/**
 * The repository that git runs a filter in, with one call of git: filters run at the top of the work tree.
 * @throws NixsecretError `missing` outside of a repository
 */
export async function filterRepository(): Promise<Repository> {
  const args = [
    'rev-parse',
    '--path-format=absolute',
    '--git-dir',
    '--git-common-dir',
    '--show-object-format',
  ]
  const { code, stdout } = await tryGit([...args, '--is-inside-work-tree'])
  const lines = stdout.toString('utf8').split('\n')
  const [gitDir, commonDir, format, inside] = lines
  if (code !== 0 || gitDir === undefined || commonDir === undefined) {
    throw new NixsecretError('missing', 'not in a git repository')
  }
  if (lines.length !== 5 || (format !== 'sha1' && format !== 'sha256')) {
    throw new NixsecretError('git', 'the path of this repository holds a line break, which git cannot report')
  }
  return {
    gitDir,
    commonDir,
    workTree: inside === 'true' ? process.cwd() : null,
    objectFormat: format,
    stateDir: `${commonDir}/nixsecret`,
  }
}
