import type { Keys } from '../../blob/keys.ts'
import type { Accepted } from '../../blob/trust/accepted.ts'
import type { CatFile } from '../../git/cat-file.ts'
import type { Repository } from '../../git/repository.ts'
import type { GitOptions } from '../../git/run-git.ts'
import type { Policy } from '../../policy/policy.ts'

/** The repository whose secrets are looked for. */
export interface AuditContext {
  readonly repo: Repository
  /** Run at the top of the work tree. */
  readonly git: GitOptions & { readonly cwd: string }
  readonly catFile: CatFile
  readonly keys: Keys
  /** Null where there is none. */
  readonly policy: Policy | null
  /** What this user has accepted; null where nothing ever was. */
  readonly accepted: Accepted | null
}
