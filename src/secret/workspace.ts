import type { AskPassphrase } from '../age/identity-file.ts'
import { Keys } from '../blob/keys.ts'
import { PolicySource } from '../blob/load-policy.ts'
import { Memo } from '../blob/memo.ts'
import { unwrapByPlugin } from '../blob/plugins.ts'
import { TrustSource } from '../blob/trust/trust-source.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import { type FoundRepository, openRepository, requireWorkTree } from '../git/repository.ts'
import type { GitOptions } from '../git/run-git.ts'
import type { Policy } from '../policy/policy.ts'

/** What the commands that work on secrets know of the repository they run in. */
export class Workspace {
  readonly repo: FoundRepository
  /** How git is to be run: at the top of the work tree, whatever directory the user is in. */
  readonly git: GitOptions & { readonly cwd: string }
  /** How blobs are written. */
  readonly blobs: Pick<GitOptions, 'cwd' | 'env'> & { readonly spoolDir: string }
  /** The user's directory below the top, as bytes (latin1) with a slash at its end; `''` at the top. */
  readonly prefix: string
  readonly catFile: CatFile
  readonly keys: Keys
  readonly memo: Memo
  /** What this user has accepted of who may read what. */
  readonly trust: TrustSource
  /** How to get a passphrase, or what a plugin of age asks for; null where nobody may be asked. */
  readonly ask: AskPassphrase | null
  /** Whether a passphrase was wanted that nobody could be asked for. */
  passphraseMissed = false
  readonly #policy: PolicySource

  private constructor(repo: FoundRepository, ask: AskPassphrase | null) {
    this.repo = repo
    this.prefix = repo.prefix
    const cwd = repo.workTree ?? process.cwd()
    // What the user set for his own directory must still hold when git runs at the top.
    const moved = process.env.GIT_DIR !== undefined && repo.workTree !== null
    this.git = moved ? { cwd, env: { GIT_DIR: repo.gitDir, GIT_WORK_TREE: cwd } } : { cwd }
    this.blobs = { ...this.git, spoolDir: `${repo.stateDir}/tmp` }
    this.catFile = new CatFile(this.git)
    this.ask = ask
    const asked: AskPassphrase = async (prompt, kind) => {
      const answer = (await ask?.(prompt, kind)) ?? null
      // What a plugin asks for it names itself, as its kind.
      if (answer === null && kind === undefined) this.passphraseMissed = true
      return answer
    }
    this.keys = new Keys(this.git, asked, ask === null ? null : unwrapByPlugin(asked))
    this.memo = new Memo(repo.stateDir)
    this.trust = new TrustSource(this)
    this.#policy = new PolicySource(repo.workTree, this.catFile)
  }

  /**
   * The repository around the process's directory.
   * @param ask how to get a passphrase; null where nobody may be asked
   * @param found it, where it was looked for already
   * @throws NixsecretError `missing` outside of one
   */
  static async open(ask: AskPassphrase | null, found?: FoundRepository): Promise<Workspace> {
    return new Workspace(found ?? (await openRepository()), ask)
  }

  /**
   * Top of the work tree.
   * @throws NixsecretError `usage` in a bare repository
   */
  get top(): string {
    return requireWorkTree(this.repo)
  }

  /**
   * The policy that holds, or null where there is none.
   * @throws NixsecretError `policy` where it does not parse
   */
  policyOrNull(): Promise<Policy | null> {
    return this.#policy.current()
  }

  /** @throws NixsecretError `policy` where there is none, or it does not parse */
  async policy(): Promise<Policy> {
    const policy = await this.policyOrNull()
    if (policy !== null) return policy
    throw new NixsecretError('policy', 'there is no nixsecret.toml that says who may read what', {
      hints: ['git nixsecret init'],
    })
  }

  /** Lets git's helpers go. */
  close(): void {
    this.memo.save()
    this.catFile.close()
  }
}
