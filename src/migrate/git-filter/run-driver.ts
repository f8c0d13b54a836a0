import { shellWord } from '../../age/shell-word.ts'
import { pathBytes } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type GitOptions, tryGit } from '../../git/run-git.ts'
import { type ProgramResult, runProgram } from '../../host/run-program.ts'
import type { FilteredFile } from './filter-source.ts'
import { LARGEST_SECRET } from './read-through-filter.ts'

/**
 * Runs the other tool's command for a file that lines of ours have captured, so that git itself would run ours: by the
 * shell, at the top of the work tree, the path for `%f`, as git does.
 * @param git with variables for the command
 * @returns what it printed; null where no such command is configured, or the path is no UTF-8
 * @throws NixsecretError `git` where it fails
 * @see https://git-scm.com/docs/gitattributes#_filter
 */
export async function runDriver(
  file: FilteredFile,
  which: 'clean' | 'smudge',
  input: Uint8Array,
  git: GitOptions & { readonly cwd: string },
): Promise<Buffer | null> {
  const path = pathBytes(file.path).toString('utf8')
  const { code, stdout } = await tryGit(['config', '--get', `filter.${file.filter}.${which}`], git)
  const command = code === 0 ? stdout.toString('utf8').replace(/\n$/, '') : ''
  if (command === '' || !Buffer.from(path, 'utf8').equals(pathBytes(file.path))) return null
  const line = command.replaceAll('%f', () => shellWord(path))
  const options = { cwd: git.cwd, env: { ...process.env, ...git.env }, input, maxBytes: LARGEST_SECRET }
  const result: ProgramResult = await runProgram('sh', ['-c', line], options)
  if (result.code === 0) return result.stdout
  throw new NixsecretError('git', `its filter failed with exit code ${result.code}`)
}
