import { configValues } from '../git/config-values.ts'
import type { Repository } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'

/** What is asked of git first, all at once. */
export interface RepositoryFacts {
  readonly config: ReadonlyMap<string, string>
  /** Id of HEAD's commit; null where there is none yet. */
  readonly head: string | null
}

/** Asks for them. */
export async function repositoryFacts(cwd: string): Promise<RepositoryFacts> {
  const [config, { code, stdout }] = await Promise.all([
    configValues({ cwd }),
    tryGit(['rev-parse', '-q', '--verify', 'HEAD^{commit}'], { cwd }),
  ])
  return { config, head: code === 0 ? stdout.toString('latin1').trim() : null }
}

/**
 * The repository and its facts by two questions to git, as each one takes time.
 * @returns null where it takes more: no commit, no work tree, no repository, `GIT_DIR` set, a path with line breaks
 */
export async function quickFacts(
  cwd: string,
): Promise<(RepositoryFacts & { readonly repo: Repository }) | null> {
  if (process.env.GIT_DIR !== undefined) return null
  const asked = ['--git-dir', '--git-common-dir', '--show-toplevel', '--show-object-format', 'HEAD^{commit}']
  const config = configValues({ cwd })
  config.catch(() => {})
  const { code, stdout } = await tryGit(['rev-parse', '--path-format=absolute', ...asked], { cwd })
  const [gitDir, commonDir, workTree, format, head, ...rest] = stdout.toString('utf8').split('\n')
  if (code !== 0 || !gitDir || !commonDir || !workTree || !head || rest.length !== 1) return null
  if (format !== 'sha1' && format !== 'sha256') return null
  const repo = {
    gitDir,
    commonDir,
    workTree,
    objectFormat: format,
    stateDir: `${commonDir}/nixsecret`,
  } as const
  return { repo, config: await config, head }
}
