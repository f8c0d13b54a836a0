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

/** A repository as it was found from a directory. */
export interface FoundRepository extends Repository {
  /** That directory below the top of the work tree, as bytes (latin1) with a slash at its end; `''` at the top, or without one. */
  readonly prefix: string
}

/**
 * Finds the repository around a directory, as git itself does (`GIT_DIR` and friends count).
 * @throws NixsecretError `missing` where there is none
 */
export async function openRepository(cwd: string = process.cwd()): Promise<FoundRepository> {
  // Where there is no work tree git says the rest before it fails.
  const { code, stdout } = await tryGit([...ASKED, PREFIX, TOP], { cwd })
  const lines = linesOf(stdout.toString('latin1'))
  // A path may hold line breaks; then there are more of them.
  if (lines.length !== (code === 0 ? 5 : 4)) return askApart(cwd)
  const [gitDir = '', commonDir = '', objectFormat, prefix = '', workTree] = lines
  return { ...repository(gitDir, commonDir, objectFormat, workTree), prefix }
}

const ASKED = ['rev-parse', '--path-format=absolute', '--git-dir', '--git-common-dir', '--show-object-format']
const PREFIX = '--show-prefix'
const TOP = '--show-toplevel'

async function askApart(cwd: string): Promise<FoundRepository> {
  const [base, top, below] = await Promise.all([
    tryGit(ASKED, { cwd }),
    tryGit(['rev-parse', '--path-format=absolute', TOP], { cwd }),
    tryGit(['rev-parse', PREFIX], { cwd }),
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
  const lines = linesOf(base.stdout.toString('latin1'))
  const [gitDir, commonDir, objectFormat] = lines
  if (gitDir === undefined || commonDir === undefined || lines.length !== 3) {
    throw new NixsecretError('git', 'the path of this repository holds a line break, which git cannot report')
  }
  const [workTree, prefix] = [top, below].map(({ code, stdout }) =>
    code === 0 ? stdout.toString('latin1').replace(/\n$/, '') : '',
  )
  return { ...repository(gitDir, commonDir, objectFormat, workTree), prefix: prefix ?? '' }
}

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

/** @param places as git prints them: bytes (latin1) */
function repository(...places: [string, string, format?: string, workTree?: string]): Repository {
  const [gitDir = '', commonDir = '', objectFormat, workTree] = places.map((place) =>
    Buffer.from(place ?? '', 'latin1').toString('utf8'),
  )
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
