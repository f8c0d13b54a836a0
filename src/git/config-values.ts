import { type GitOptions, runGit } from './run-git.ts'

/**
 * The configuration that counts here, read in one go: key, as git prints it, to its last value. A key without `=` is
 * `true`, see https://git-scm.com/docs/git-config#_syntax
 */
export async function configValues(options: GitOptions): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  for (const entry of (await runGit(['config', '-z', '--list'], options)).toString('utf8').split('\0')) {
    const end = entry.indexOf('\n')
    if (entry !== '')
      values.set(end === -1 ? entry : entry.slice(0, end), end === -1 ? 'true' : entry.slice(end + 1))
  }
  return values
}
