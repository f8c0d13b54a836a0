import { type BytePath, bytePath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, splitNul, tryGit } from './run-git.ts'

/** What lies in a work tree and not in the index. */
export interface Untracked {
  readonly files: readonly BytePath[]
  /** Directories that are repositories of their own, which git does not look into; no slash at the end. */
  readonly repositories: readonly BytePath[]
}

/**
 * Files that git does not track, by the same rules as `git status`.
 * @param ignored whether those that are ignored are wanted, or those that are not
 * @throws NixsecretError `git` where git could not look everywhere, of which it only warns
 */
export async function listUntracked(ignored: boolean, options: GitOptions = {}): Promise<Untracked> {
  const args = ['ls-files', '-z', '--full-name', '--others', '--exclude-standard']
  const all = [...args, ...(ignored ? ['--ignored'] : []), '--', ':/']
  const { code, stdout, stderr } = await tryGit(all, options)
  const complaint = stderr.split('\n').find((line) => line.trim() !== '')
  if (code !== 0 || complaint !== undefined) {
    const why = displayText((complaint ?? `exit code ${code}`).replace(/^(fatal|error|warning): /, ''))
    throw new NixsecretError('git', `git ls-files: ${why}`)
  }
  const files: BytePath[] = []
  const repositories: BytePath[] = []
  for (const field of splitNul(stdout)) {
    if (field.at(-1) === 0x2f) repositories.push(bytePath(field.subarray(0, -1)))
    else files.push(bytePath(field))
  }
  return { files, repositories }
}
