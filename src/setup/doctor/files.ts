import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../age/shell-word.ts'
import { workFilePath } from '../../blob/work-file.ts'
import { displayPath, displayText } from '../../byte-path.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { runGit } from '../../git/run-git.ts'
import { PROBLEM_HINT, PROBLEM_TEXT, type ProblemId } from '../file-status.ts'
import { type RepositoryStatus, repositoryStatus } from '../repository-status.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'
import { checkOpenTree } from './open-tree/check-open-tree.ts'

/** The protected files themselves, and what Nix would copy of them. */
export async function checkFiles(repo: Repository): Promise<Diagnosis[]> {
  const status = await repositoryStatus(repo, [])
  return [
    ...checkStates(status, requireWorkTree(repo)),
    ...(await checkNixCopies(repo, status)),
    ...(await checkOpenTree(repo, status)),
  ]
}

function checkStates({ files }: RepositoryStatus, workTree: string): Diagnosis[] {
  const counts = new Map<ProblemId, number>()
  const loose: string[] = []
  const sealedOpen: string[] = []
  for (const { path, problems } of files) {
    for (const { id } of problems) {
      if (id === 'sealed-open') sealedOpen.push(shellWord(displayPath(path)))
      else if (id === 'loose-mode') loose.push(shellWord(displayText(workFilePath(workTree, path))))
      else counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  }
  const found = [...counts].map(([id, number]) =>
    problem('files', `${count(number)}: ${PROBLEM_TEXT[id]}`, 'git nixsecret status'),
  )
  if (found.length === 0) found.push(fine('files', `${count(files.length)} protected, none with a problem`))
  if (sealedOpen.length > 0) {
    const message = `${count(sealedOpen.length)}: ${PROBLEM_TEXT['sealed-open']}`
    // The paths count from the top.
    found.push(problem('sealed-open', message, PROBLEM_HINT['sealed-open'](wordsOf(sealedOpen))))
  }
  if (loose.length === 0) return found
  const words = wordsOf(loose)
  const message = `${count(loose.length)} ${PROBLEM_TEXT['loose-mode']}: a checkout was cut short, or an editor made them`
  return [...found, warning('loose-mode', message, `chmod go-rwx ${words}`)]
}

/** Nix copies what lies in the work tree into its store, which every user of the machine can read. */
async function checkNixCopies(repo: Repository, { files }: RepositoryStatus): Promise<Diagnosis[]> {
  if (!(await usesNix(requireWorkTree(repo)))) return [fine('nix-store', 'no Nix expression here')]
  const open = files.filter(({ plaintext }) => plaintext)
  const allowed = open.filter(({ sealed, store }) => store === 'plaintext' && !sealed).length
  const secret = open.length - allowed
  const found: Diagnosis[] = []
  if (secret > 0) {
    const what = `${count(secret)} open: Nix copies ${secret === 1 ? 'it' : 'them'} to its store, readable by all, wherever it is given this directory (".", path:, git+file:)`
    found.push(
      warning(
        'nix-store',
        what,
        "git nixsecret sealed nix build '@sealed@#NAME'    # builds from ciphertext",
      ),
    )
  } else found.push(fine('nix-store', 'no open secret that Nix must not copy'))
  if (allowed > 0) {
    const what = `${count(allowed)} open and may enter the Nix store: nixsecret.toml says store = "plaintext"`
    found.push(fine('nix-store-plaintext', what))
  }
  return found
}

async function usesNix(cwd: string): Promise<boolean> {
  return (
    existsSync(join(cwd, 'flake.nix')) ||
    (await runGit(['ls-files', '-z', '--', '*.nix'], { cwd })).length > 0
  )
}

function wordsOf(words: readonly string[]): string {
  return [...words.slice(0, 8), ...(words.length > 8 ? ['…'] : [])].join(' ')
}

function count(number: number): string {
  return number === 1 ? '1 file' : `${number} files`
}
