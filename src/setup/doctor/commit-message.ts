import { driversOf } from '../../blob/protected-files.ts'
import { bytePath, displayPath } from '../../byte-path.ts'
import { gitPath } from '../../git/git-path.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { unquoteCStyle } from '../../git/unquote-c-style.ts'
import { diffInCommitMessage } from '../cut-commit-message.ts'
import { type Diagnosis, fine, warning } from './finding.ts'

/** `git commit -v` that was given up leaves its diff, in plaintext: no hook runs then. */
export async function checkCommitMessage(repo: Repository): Promise<Diagnosis> {
  const cwd = requireWorkTree(repo)
  const paths = pathsOfDiff(diffInCommitMessage(await gitPath('COMMIT_EDITMSG', cwd)) ?? '').map((raw) =>
    bytePath(raw),
  )
  const [path] = (await driversOf(paths, { cwd })).keys()
  if (path === undefined) return fine('commit-message', 'no diff of a secret lies in COMMIT_EDITMSG')
  return warning(
    'commit-message',
    `a commit that was given up left a diff of ${displayPath(path)}, in plaintext, in COMMIT_EDITMSG`,
    'rm "$(git rev-parse --git-path COMMIT_EDITMSG)"',
  )
}

/** Paths that the header lines of a diff name, as they are and without the prefix (`a/`) that git may put there. */
function pathsOfDiff(diff: string): Buffer[] {
  const names = new Set<string>()
  for (const [, name = ''] of diff.matchAll(/^(?:---|\+\+\+|diff --(?:cc|combined)) (.+)$/gm)) {
    const path = unquote(name.replace(/\t$/, ''))
    names.add(path)
    names.add(path.slice(path.indexOf('/') + 1))
  }
  return [...names].filter((name) => isRelative(name)).map((name) => Buffer.from(name, 'latin1'))
}

/** git refuses to answer at all for a path that leads out of the work tree. */
function isRelative(path: string): boolean {
  return path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

// See core.quotePath in https://git-scm.com/docs/git-config
function unquote(name: string): string {
  const quoted = unquoteCStyle(name)
  return quoted !== null && quoted.end === name.length ? quoted.name : name
}
