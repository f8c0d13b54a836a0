import { NixsecretError } from '../errors.ts'
import { type GitVersion, gitVersion, isAtLeast } from '../git/simple.ts'
import { findProgram } from '../host/find-program.ts'

/** The oldest git that works: `cat-file -z` is of this version. */
export const OLDEST_GIT = [2, 38] as const

/**
 * The version of git.
 * @throws NixsecretError `missing` where it is too old
 */
export async function supportedGit(cwd: string): Promise<GitVersion> {
  const version = await gitVersion(cwd)
  if (isAtLeast(version, ...OLDEST_GIT)) return version
  throw new NixsecretError(
    'missing',
    `git ${version.join('.')} is too old: ${OLDEST_GIT.join('.')} or later is needed`,
  )
}

/**
 * Where the shell, and so git, finds this program by its bare name.
 * @throws NixsecretError `missing` where it does not: then not even `git status` would work
 */
export function programOnPath(): string {
  const program = findProgram('git-nixsecret')
  if (program !== null) return program
  throw new NixsecretError('missing', 'git-nixsecret is not on PATH, so git could not call it', {
    hints: ['put git-nixsecret on PATH, see its README'],
  })
}
