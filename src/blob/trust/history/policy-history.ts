import { type BytePath, bytePath, pathBytes } from '../../../byte-path.ts'
import { CatFile } from '../../../git/cat-file.ts'
import { type FilterLine, filterLines, macroNames } from '../../../git/filter-lines.ts'
import { type CommitLine, listCommits } from '../../../git/rev-list.ts'
import { type GitOptions, runGit, splitNul } from '../../../git/run-git.ts'
import { trueView } from '../../../git/true-view.ts'
import { HISTORY_BUDGET, PatternRelations } from '../../../policy/relate-patterns.ts'
import { POLICY_FILE } from '../../policy-file-name.ts'
import { soundPolicy } from '../seen/observed-policies.ts'
import type { Side } from './own-gains.ts'

/** Commits that are looked at, the newest first. */
export const MOST_COMMITS = 10_000
const MAX_FILE = 4 << 20
// Each costs a question for every file that matters, and who pushes may push many of both.
const MOST_ASKED = 100_000
// For each byte: to parse it takes longer than to compare it, and it stays in memory.
const READING = 8
// More do not fit into the arguments of a program.
const MOST_PATHSPECS = 200
const COLON = 0x3a

/**
 * Commits with the files of theirs that say who reads what, each file read once. The true history counts: no replace ref
 * or graft of this machine. Close it.
 */
export class PolicyHistory {
  readonly #git: GitOptions
  readonly #files: readonly BytePath[]
  readonly catFile: CatFile
  /** What all of its commits are compared by: together they are bounded, as is what is read of them. */
  readonly relations: PatternRelations
  readonly #oids = new Map<string, Promise<readonly (string | null)[]>>()
  readonly #sides = new Map<string, Promise<Side>>()
  readonly #lines = new Map<string, Promise<Buffer>>()

  /** @param attributes every `.gitattributes` that matters */
  constructor(
    git: GitOptions,
    attributes: Iterable<BytePath>,
    relations = new PatternRelations(HISTORY_BUDGET),
  ) {
    this.relations = relations
    this.#git = { ...(git.cwd === undefined ? {} : { cwd: git.cwd }), ...trueView(git) }
    this.#files = [POLICY_FILE as BytePath, ...attributes]
    this.catFile = new CatFile(this.#git)
  }

  /** How git is to be run for the same view. */
  get git(): GitOptions {
    return this.#git
  }

  /** Commits that can be reached from the tips and not from the base, the newest first; at most {@link MOST_COMMITS}. */
  async commits(tips: readonly string[], base: string | null): Promise<CommitLine[]> {
    return (await listCommits(tips, base === null ? [] : [base], this.#git, MOST_COMMITS)).reverse()
  }

  /**
   * Those of the commits whose files are not just those of every parent, in their order.
   * @param most how many are wanted; of very many files it may be fewer
   */
  async changing(commits: readonly CommitLine[], most: number): Promise<CommitLine[]> {
    const found: CommitLine[] = []
    let asked = 0
    for (const commit of await this.touching(commits, this.#files)) {
      asked += this.#files.length * (1 + commit.parents.length)
      if (found.length >= most || asked > Math.max(MOST_ASKED, this.#files.length * 10)) break
      const oids = [commit.oid, ...commit.parents]
      const [own, ...others] = await Promise.all(oids.map((oid) => this.#key(oid)))
      if (others.length === 0 || others.some((key) => key !== own)) found.push(commit)
    }
    return found
  }

  /** Those of the commits that have something else than a parent at one of the paths, in their order. */
  async touching(commits: readonly CommitLine[], paths: readonly BytePath[]): Promise<CommitLine[]> {
    const asked = new Set(paths)
    const few = paths.length <= MOST_PATHSPECS ? paths : []
    const args = ['diff-tree', '--stdin', '-m', '-r', '-z', '--root', '--raw', '--no-abbrev', '--no-renames']
    const specs = few.map((path) => Buffer.from(`:(top,literal)${path}`, 'latin1').toString('utf8'))
    const isText = few.every((path) => pathBytes(path).equals(Buffer.from(pathBytes(path).toString('utf8'))))
    const input = Buffer.from(commits.map(({ oid }) => `${oid}\n`).join(''))
    const fields = splitNul(await runGit([...args, '--', ...(isText ? specs : [])], { ...this.#git, input }))
    const touching = new Set<string>()
    let commit = ''
    for (let i = 0; i < fields.length; i++) {
      // `OID`, or `:100644 100644 OID OID M` and a path.
      const field = fields[i] as Buffer
      if (field[0] !== COLON) commit = field.toString('latin1')
      else if (asked.has(bytePath(fields[++i] ?? Buffer.alloc(0)))) touching.add(commit)
    }
    return commits.filter(({ oid }) => touching.has(oid))
  }

  /** What a commit has at a path; null where it has nothing there. */
  async at(commit: string, path: BytePath): Promise<string | null> {
    return (await this.catFile.info(Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)])))?.oid ?? null
  }

  /**
   * What a commit says of who may read what; nothing once too much was read. Ask {@link spent} before anything is made of
   * it.
   */
  async side(commit: string): Promise<Side> {
    const key = await this.#key(commit)
    const known = this.#sides.get(key) ?? this.#read(commit)
    this.#sides.set(key, known)
    return known
  }

  /** Whether too much was looked at: of what came last, nothing can be told. */
  get spent(): boolean {
    return this.relations.spent
  }

  close(): void {
    this.catFile.close()
  }

  async #key(commit: string): Promise<string> {
    return (await this.#oidsOf(commit)).map((oid) => oid ?? '').join('\0')
  }

  #oidsOf(commit: string): Promise<readonly (string | null)[]> {
    const known = this.#oids.get(commit) ?? Promise.all(this.#files.map((path) => this.at(commit, path)))
    this.#oids.set(commit, known)
    return known
  }

  async #read(commit: string): Promise<Side> {
    if (this.spent) return { policy: null, attributes: new Map() }
    const [policy, ...attributes] = await this.#oidsOf(commit)
    const text = policy ? await this.#content(policy) : null
    const contents = await Promise.all(attributes.map((oid) => (oid === null ? null : this.#content(oid))))
    const macros = new Set(contents.flatMap((content) => (content === null ? [] : macroNames(content))))
    const lines = new Map<BytePath, readonly FilterLine[]>()
    for (const [i, content] of contents.entries()) {
      const found = content === null ? [] : filterLines(content, macros)
      if (found.length > 0) lines.set(this.#files[i + 1] as BytePath, found)
    }
    return { policy: text === null ? null : soundPolicy(text.toString('utf8')), attributes: lines }
  }

  #content(oid: string): Promise<Buffer> {
    const known = this.#lines.get(oid) ?? this.#contentNow(oid)
    this.#lines.set(oid, known)
    return known
  }

  async #contentNow(oid: string): Promise<Buffer> {
    const blob = await this.catFile.getUpTo(oid, MAX_FILE)
    this.relations.charge((blob?.content.length ?? 0) * READING)
    return blob?.type === 'blob' ? blob.content : Buffer.alloc(0)
  }
}
