import type { BytePath } from '../../byte-path.ts'
import { CatFile } from '../../git/cat-file.ts'
import type { Driver } from '../../git/check-attr.ts'
import type { FilterLine } from '../../git/filter-lines.ts'
import { listFlaggedIndex } from '../../git/flagged-index.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { type GitOptions, tryGit } from '../../git/run-git.ts'
import type { Policy } from '../../policy/policy.ts'
import { PolicySource } from '../load-policy.ts'
import { driversOf } from '../protected-files.ts'
import { attributeFiles, attributeLines } from './attributes/attribute-lines.ts'

/** How git is run where trust is asked for. */
export type TrustGit = GitOptions & { readonly cwd: string }

/** What holds in a work tree now, as far as trust is about it. */
export interface Present {
  readonly repo: Repository
  readonly git: TrustGit
  readonly catFile: CatFile
  /** Id of HEAD's commit; null before the first. */
  readonly head: string | null
  /** The policy that holds; null where there is none. */
  readonly policy: Policy | null
  /** Protected regular files of the index, those in conflict left out. */
  readonly files: ReadonlyMap<BytePath, string>
  /** What filters them. */
  readonly drivers: ReadonlyMap<BytePath, Driver>
  /** Every path of the index. */
  readonly tracked: ReadonlySet<BytePath>
  /** Lines that bear on `filter`, of all `.gitattributes` that git reads here. */
  readonly attributes: ReadonlyMap<BytePath, readonly FilterLine[]>
  /** Those files; null where `drivers` come of them alone, and of nothing that is set on this machine. */
  readonly attributeFiles: ReadonlyMap<BytePath, Buffer> | null
}

/**
 * Looks at a work tree; the caller's function may ask git for blobs meanwhile.
 * @throws NixsecretError `policy` where the policy does not parse, `usage` in a bare repository
 */
export async function withPresent<Result>(
  repo: Repository,
  use: (present: Present) => Promise<Result>,
): Promise<Result> {
  const git = gitAt(repo)
  const catFile = new CatFile(git)
  try {
    const [policy, head, index] = await Promise.all([
      new PolicySource(repo.workTree, catFile).current(),
      headOf(git),
      listFlaggedIndex(git),
    ])
    const tracked = new Set(index.map(({ path }) => path))
    const regular = index.filter(({ mode, stage }) => mode.startsWith('100') && stage === 0)
    const drivers = await driversOf(
      regular.map(({ path }) => path),
      git,
    )
    const files = new Map(regular.flatMap(({ path, oid }) => (drivers.has(path) ? [[path, oid]] : [])))
    const contents = await attributeFiles(git.cwd, regular, catFile)
    const lines = { attributes: attributeLines(contents), attributeFiles: contents }
    return await use({ repo, git, catFile, head, policy, files, drivers, tracked, ...lines })
  } finally {
    catFile.close()
  }
}

/** At the top of the work tree; what the user set for his own directory holds there, too. */
export function gitAt(repo: Repository): TrustGit {
  const cwd = requireWorkTree(repo)
  if (process.env.GIT_DIR === undefined) return { cwd }
  return { cwd, env: { GIT_DIR: repo.gitDir, GIT_WORK_TREE: cwd } }
}

/** Id of HEAD's commit; null where there is none yet. */
export async function headOf(git: TrustGit): Promise<string | null> {
  const { code, stdout } = await tryGit(['rev-parse', '--verify', '-q', 'HEAD^{commit}'], git)
  return code === 0 ? stdout.toString('latin1').trim() : null
}
