import { driversOf } from '../../blob/protected-files.ts'
import { bytePath, displayPath } from '../../byte-path.ts'
import { gitPath } from '../../git/git-path.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
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

const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

// See core.quotePath in https://git-scm.com/docs/git-config
function unquote(name: string): string {
  if (!/^".*"$/.test(name)) return name
  return name.slice(1, -1).replace(/\\([0-7]{3}|.)/g, (_, code: string) => {
    return code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (NAMED[code] ?? code)
  })
}
