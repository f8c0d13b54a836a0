import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../age/shell-word.ts'
import { workFilePath } from '../../blob/work-file.ts'
import { displayPath, displayText } from '../../byte-path.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { runGit } from '../../git/run-git.ts'
import { PROBLEM_TEXT, type ProblemId } from '../file-status.ts'
import { type RepositoryStatus, repositoryStatus } from '../repository-status.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'

/** The protected files themselves, and what Nix would copy of them. */
export async function checkFiles(repo: Repository): Promise<Diagnosis[]> {
  const status = await repositoryStatus(repo, [])
  return [...checkStates(status, requireWorkTree(repo)), await checkNixCopies(repo, status)]
}

function checkStates({ files }: RepositoryStatus, workTree: string): Diagnosis[] {
  const counts = new Map<ProblemId, number>()
  const loose: string[] = []
  for (const { path, problems } of files) {
    for (const { id } of problems) {
      if (id === 'loose-mode') loose.push(shellWord(displayText(workFilePath(workTree, path))))
      else counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  }
  const found = [...counts].map(([id, number]) =>
    problem('files', `${count(number)}: ${PROBLEM_TEXT[id]}`, 'git nixsecret status'),
  )
  if (found.length === 0) found.push(fine('files', `${count(files.length)} protected, none with a problem`))
  const sealed = files.filter((file) => file.sealed && file.state === 'open')
  if (sealed.length > 0) {
    const message = `${count(sealed.length)} plaintext here, but to stay ciphertext (filter=nixsecret-sealed)`
    const [first] = sealed
    const path = sealed.length === 1 && first !== undefined ? ` ${shellWord(displayPath(first.path))}` : ''
    found.push(warning('sealed-open', message, `git nixsecret lock${path}`))
  }
  if (loose.length === 0) return found
  const words = [...loose.slice(0, 8), ...(loose.length > 8 ? ['…'] : [])].join(' ')
  const message = `${count(loose.length)} ${PROBLEM_TEXT['loose-mode']}: a checkout was cut short, or an editor made them`
  return [...found, warning('loose-mode', message, `chmod go-rwx ${words}`)]
}

/** Nix copies what lies in the work tree into its store, which every user of the machine can read. */
async function checkNixCopies(repo: Repository, { files }: RepositoryStatus): Promise<Diagnosis> {
  const cwd = requireWorkTree(repo)
  const open = files.filter(({ state }) =>
    ['open', 'modified', 'untracked', 'unmerged'].includes(state),
  ).length
  const isFlake = existsSync(join(cwd, 'flake.nix'))
  const usesNix = isFlake || (await runGit(['ls-files', '-z', '--', '*.nix'], { cwd })).length > 0
  if (!usesNix || open === 0) {
    return fine('nix-store', open === 0 ? 'no open secret for Nix to copy' : 'no Nix expression here')
  }
  return warning(
    'nix-store',
    `${count(open)} open: a build from this directory (path: or a changed git tree) copies them, readable by all, to the Nix store`,
    'git nixsecret lock    # before you build',
  )
}

function count(number: number): string {
  return number === 1 ? '1 file' : `${number} files`
}
