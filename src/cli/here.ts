import { openRepository, type Repository, requireWorkTree } from '../git/repository.ts'

/**
 * The repository around the process's directory, for a command that runs git at its top: what the user set in
 * `GIT_DIR` for his own directory is made absolute, so that it still holds there.
 * @throws NixsecretError `missing` outside of a repository, `usage` in a bare one
 */
export async function openHere(): Promise<Repository> {
  const repo = await openRepository()
  const workTree = requireWorkTree(repo)
  if (process.env.GIT_DIR !== undefined) {
    process.env.GIT_DIR = repo.gitDir
    process.env.GIT_WORK_TREE = workTree
  }
  return repo
}
