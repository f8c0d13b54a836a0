import { NixsecretError } from '../errors.ts'
import { type FoundRepository, openRepository, type Repository, requireWorkTree } from '../git/repository.ts'

/**
 * {@link openHere} for a command that looks at what nobody has in a bare repository.
 * @param command as it is typed
 * @throws NixsecretError the same; `usage` says where else to run it
 */
export async function openWithIndex(command: string): Promise<FoundRepository> {
  const repo = await openRepository()
  if (repo.workTree !== null) return openHere(repo)
  throw new NixsecretError(
    'usage',
    `git nixsecret ${command} looks at secrets of the index, with your keys: it needs a work tree, and here is none`,
    { hints: [`cd DIR && git nixsecret ${command}    # DIR: your clone of it, or the directory above .git`] },
  )
}

/**
 * The repository around the process's directory, for a command that runs git at its top: what the user set in
 * `GIT_DIR` for his own directory is made absolute, so that it still holds there.
 * @param found it, where it was looked for already
 * @throws NixsecretError `missing` outside of a repository, `usage` in a bare one
 */
export async function openHere(found?: FoundRepository): Promise<FoundRepository> {
  const repo = found ?? (await openRepository())
  const workTree = requireWorkTree(repo)
  refuseTwin(repo)
  if (process.env.GIT_DIR !== undefined) {
    process.env.GIT_DIR = repo.gitDir
    process.env.GIT_WORK_TREE = workTree
  }
  return repo
}

/** @throws NixsecretError `usage` in a twin that "sealed" made: it is set up otherwise, and made anew each time */
export function refuseTwin({ workTree }: Repository): void {
  if (workTree?.endsWith('/nixsecret/twin/tree'))
    throw new NixsecretError(
      'usage',
      'this is inside of the twin that "sealed" made; run it in the work tree',
    )
}
