import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import type { Repository } from '../git/repository.ts'
import { splitNul, tryGit } from '../git/run-git.ts'
import type { GitPlace } from '../git/true-view.ts'

// As git fetches what is missing (promisor-remote.c), and nothing else is to happen on the way.
const FETCH = [
  '-c',
  'fetch.negotiationAlgorithm=noop',
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-prune',
  '--no-auto-maintenance',
  '--recurse-submodules=no',
  '--filter=blob:none',
  '--stdin',
]

/** A clone that left blobs out: git fetches what somebody asks for, each by itself. */
export class PartialClone {
  /** Sees what is here, and has git fetch nothing. */
  readonly local: CatFile
  /** Names of the remotes that promised to have what is missing. */
  readonly remotes: readonly string[]
  readonly #place: GitPlace
  readonly #dir: string
  /** One fetch after the other: the next may have nothing left to do. */
  #last: Promise<void> = Promise.resolve()

  /** @returns null where the repository is a whole clone */
  static async find(repo: Repository, place: GitPlace): Promise<PartialClone | null> {
    // Without such a pack nothing was ever promised, and no program need be started to ask.
    if (!hasPromisorPack(repo)) return null
    const remotes = await promisors(place)
    return remotes.length === 0 ? null : new PartialClone(repo, place, remotes)
  }

  private constructor(repo: Repository, place: GitPlace, remotes: readonly string[]) {
    this.remotes = remotes
    this.#place = place
    this.#dir = mkdtempSync(join(tmpdir(), 'nixsecret-local-'))
    this.local = new CatFile({ ...place, env: { ...place.env, ...localView(this.#dir, repo, place) } })
  }

  /**
   * Has git fetch those that are not here, all in one.
   * @throws NixsecretError `missing` where a remote does not give them: what can't be looked at is no all-clear
   */
  need(oids: Iterable<string>): Promise<void> {
    const wanted = [...new Set(oids)]
    const done = this.#last.then(() => this.#fetch(wanted))
    this.#last = done.catch(() => {})
    return done
  }

  close(): void {
    this.local.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async #missing(oids: readonly string[]): Promise<string[]> {
    const infos = await Promise.all(oids.map((oid) => this.local.info(oid)))
    return oids.filter((_, i) => infos[i] === null)
  }

  async #fetch(oids: readonly string[]): Promise<void> {
    let missing = await this.#missing(oids)
    let fault = ''
    for (const remote of this.remotes) {
      if (missing.length === 0) return
      const input = Buffer.from(missing.map((oid) => `${oid}\n`).join(''))
      const { stderr } = await tryGit([...FETCH, '--', remote], { ...this.#place, input })
      missing = await this.#missing(missing)
      fault ||= stderr.split('\n').find((line) => line.trim() !== '') ?? ''
    }
    if (missing.length === 0) return
    const why = fault === '' ? '' : `: ${displayText(fault.replace(/^(fatal|error): /, ''))}`
    const count = missing.length === 1 ? 'a file' : `${missing.length} files`
    throw new NixsecretError(
      'missing',
      `${count} to be judged, left out by this partial clone, cannot be fetched${why}`,
      { hints: [`git fetch ${shellWord(displayText(this.remotes[0] ?? ''))}`] },
    )
  }
}

function hasPromisorPack({ commonDir }: Repository): boolean {
  try {
    return readdirSync(join(commonDir, 'objects/pack')).some((name) => name.endsWith('.promisor'))
  } catch {
    return false
  }
}

/** The remotes in git's own order: those with `promisor`, then that of `extensions.partialClone`. */
async function promisors(place: GitPlace): Promise<string[]> {
  const ask = async (...args: string[]) => splitNul((await tryGit(['config', '-z', ...args], place)).stdout)
  const flagged = await ask('--type=bool', '--get-regexp', '^remote\\..*\\.promisor$')
  const remotes = new Set<string>()
  for (const field of flagged) {
    const [key = '', value] = field.toString('utf8').split('\n')
    if (value === 'true') remotes.add(key.slice('remote.'.length, -'.promisor'.length))
  }
  for (const field of await ask('--get-all', 'extensions.partialclone')) remotes.add(field.toString('utf8'))
  return [...remotes]
}

/**
 * A git directory that has no remote at all, over the same objects: what is not here is missing to it
 * (`GIT_NO_LAZY_FETCH` is only known from git 2.44 on).
 */
function localView(dir: string, repo: Repository, place: GitPlace): NonNullable<GitPlace['env']> {
  for (const name of ['objects', 'refs']) mkdirSync(join(dir, name))
  writeFileSync(join(dir, 'HEAD'), 'ref: refs/heads/none\n')
  const format = repo.objectFormat === 'sha1' ? '' : `[extensions]\n\tobjectFormat = ${repo.objectFormat}\n`
  const version = format === '' ? 0 : 1
  writeFileSync(
    join(dir, 'config'),
    `[core]\n\trepositoryformatversion = ${version}\n\tbare = true\n${format}`,
  )
  const objects = place.env?.GIT_OBJECT_DIRECTORY ?? process.env.GIT_OBJECT_DIRECTORY
  return {
    GIT_DIR: dir,
    GIT_WORK_TREE: undefined,
    GIT_COMMON_DIR: undefined,
    GIT_INDEX_FILE: undefined,
    GIT_OBJECT_DIRECTORY: objects ?? join(repo.commonDir, 'objects'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: undefined,
    GIT_CONFIG_PARAMETERS: "'core.usereplacerefs'='false'",
    GIT_NO_LAZY_FETCH: '1',
  }
}
