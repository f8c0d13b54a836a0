import { NixsecretError } from '../errors.ts'
import { tryGit } from './run-git.ts'

/** A repository as seen from one directory; every path is absolute. */
export interface Repository {
  /** This worktree's git directory (`.git/worktrees/NAME` in a linked one). */
  readonly gitDir: string
  /** The git directory that all worktrees share. */
  readonly commonDir: string
  /** Top of the work tree; null in a bare repository. */
  readonly workTree: string | null
  /** What object ids are made with. */
  readonly objectFormat: 'sha1' | 'sha256'
  /** Our own state: `nixsecret/` under the common directory. It may not exist yet. */
  readonly stateDir: string
}

/**
 * Finds the repository around a directory, as git itself does (`GIT_DIR` and friends count).
 * @throws NixsecretError `missing` where there is none
 */
export async function openRepository(cwd: string = process.cwd()): Promise<Repository> {
  // Where there is no work tree git says the rest before it fails.
  const all = await tryGit([...ASKED, TOP], { cwd })
  const lines = all.stdout.toString('utf8').split('\n').slice(0, -1)
  const [gitDir = '', commonDir = '', objectFormat, workTree] = lines
  // A path may hold line breaks; then there are more of them.
  if (lines.length === (all.code === 0 ? 4 : 3)) return repository(gitDir, commonDir, objectFormat, workTree)
  return askApart(cwd)
}

const ASKED = ['rev-parse', '--path-format=absolute', '--git-dir', '--git-common-dir', '--show-object-format']
const TOP = '--show-toplevel'

async function askApart(cwd: string): Promise<Repository> {
  const [base, top] = await Promise.all([
    tryGit(ASKED, { cwd }),
    tryGit(['rev-parse', '--path-format=absolute', TOP], { cwd }),
  ])
  if (base.code !== 0) {
    const unsafe = /dubious ownership/.test(base.stderr)
    throw new NixsecretError(
      'missing',
      unsafe ? 'git does not trust this repository: it belongs to another user' : 'not in a git repository',
      {
        hints: unsafe
          ? ['git config --global --add safe.directory "$PWD"']
          : ['cd REPOSITORY    # or, to begin one here: git init'],
      },
    )
  }
  // The object format is one word, and so the last line.
  const lines = base.stdout.toString('utf8').split('\n')
  const [gitDir, commonDir, objectFormat] = lines
  if (gitDir === undefined || commonDir === undefined || lines.length !== 4) {
    throw new NixsecretError('git', 'the path of this repository holds a line break, which git cannot report')
  }
  const workTree = top.code === 0 ? top.stdout.toString('utf8').replace(/\n$/, '') : ''
  return repository(gitDir, commonDir, objectFormat, workTree)
}

function repository(gitDir: string, commonDir: string, objectFormat = '', workTree = ''): Repository {
  if (objectFormat !== 'sha1' && objectFormat !== 'sha256') {
    throw new NixsecretError('git', `unknown object format ${JSON.stringify(objectFormat)}`)
  }
  return { gitDir, commonDir, workTree: workTree || null, objectFormat, stateDir: `${commonDir}/nixsecret` }
}

/**
 * The top of the work tree.
 * @throws NixsecretError `usage` in a bare repository
 */
export function requireWorkTree(repo: Repository): string {
  if (repo.workTree === null)
    throw new NixsecretError('usage', 'this needs a work tree, and here is none: a bare repository, or .git')
  return repo.workTree
}
