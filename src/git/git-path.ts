import { NixsecretError } from '../errors.ts'
import { tryGit } from './run-git.ts'

/**
 * {@link gitPath} of several names, with one question to git.
 * @returns absolute paths, in the order of the names
 */
export async function gitPaths(names: readonly string[], cwd: string): Promise<string[]> {
  const asked = names.flatMap((name) => ['--git-path', name])
  const { code, stdout } = await tryGit(['rev-parse', '--path-format=absolute', ...asked], { cwd })
  const paths = stdout.toString('utf8').replace(/\n$/, '').split('\n')
  // A path may hold a newline; then each by itself.
  return code === 0 && paths.length === names.length
    ? paths
    : Promise.all(names.map((name) => gitPath(name, cwd)))
}

/**
 * Where git really looks for something of its own (`hooks`, which `core.hooksPath` may move; `COMMIT_EDITMSG`).
 * @returns an absolute path
 */
export async function gitPath(name: string, cwd: string): Promise<string> {
  const result = await tryGit(['rev-parse', '--path-format=absolute', '--git-path', name], { cwd })
  if (result.code !== 0) throw new NixsecretError('git', `git does not tell where its ${name} are`)
  return result.stdout.toString('utf8').replace(/\n$/, '')
}
