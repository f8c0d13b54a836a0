import { configValues } from '../git/config-values.ts'
import { tryGit } from '../git/run-git.ts'

/** What is asked of git first, all at once. */
export type RepositoryFacts = Promise<{
  readonly config: ReadonlyMap<string, string>
  /** Id of HEAD's commit; null where there is none yet. */
  readonly head: string | null
}>

/** Asks; whoever awaits it sees the fault. */
export function repositoryFacts(cwd: string): RepositoryFacts {
  const facts = Promise.all([
    configValues({ cwd }),
    tryGit(['rev-parse', '-q', '--verify', 'HEAD^{commit}'], { cwd }),
  ]).then(([config, { code, stdout }]) => ({
    config,
    head: code === 0 ? stdout.toString('latin1').trim() : null,
  }))
  facts.catch(() => {})
  return facts
}
