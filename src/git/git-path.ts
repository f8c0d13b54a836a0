import { NixsecretError } from '../errors.ts'
import { tryGit } from './run-git.ts'

/**
 * Where git really looks for something of its own (`hooks`, which `core.hooksPath` may move; `COMMIT_EDITMSG`).
 * @returns an absolute path
 */
export async function gitPath(name: string, cwd: string): Promise<string> {
  const result = await tryGit(['rev-parse', '--path-format=absolute', '--git-path', name], { cwd })
  if (result.code !== 0) throw new NixsecretError('git', `git does not tell where its ${name} are`)
  return result.stdout.toString('utf8').replace(/\n$/, '')
}
