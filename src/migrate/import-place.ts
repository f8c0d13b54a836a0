import type { Keys } from '../blob/keys.ts'
import type { Memo } from '../blob/memo.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { Repository } from '../git/repository.ts'
import type { GitOptions } from '../git/run-git.ts'
import type { Policy } from '../policy/policy.ts'

/** What an import knows of the repository that it runs in: a `Workspace` of src/secret is one. */
export interface ImportPlace {
  readonly repo: Repository
  /** Top of the work tree. */
  readonly top: string
  /** How git is to be run: at the top. */
  readonly git: GitOptions & { readonly cwd: string }
  /** How blobs are written. */
  readonly blobs: Pick<GitOptions, 'cwd' | 'env'> & { readonly spoolDir: string }
  /** The user's directory below the top, with a slash at its end; `''` at the top. */
  readonly prefix: string
  readonly catFile: CatFile
  readonly keys: Keys
  readonly memo: Memo
  /** Whether a passphrase was wanted that nobody could be asked for. */
  readonly passphraseMissed: boolean
  policyOrNull(): Promise<Policy | null>
}
