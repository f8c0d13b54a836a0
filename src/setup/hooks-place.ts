import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { gitPath } from '../git/git-path.ts'
import type { Repository } from '../git/repository.ts'
import { type GitVersion, isAtLeast } from '../git/simple.ts'
import { callOf, type HookName, isOurHook } from './hook-text.ts'

/** Where hooks of ours go in a repository. */
export type HooksPlace =
  /** Into git's configuration, beside whatever hooks there are. */
  | { readonly method: 'config' }
  /** Into the repository's own directory of hooks. */
  | { readonly method: 'files'; readonly dir: string }
  /** Nowhere: `core.hooksPath` leads to files that are not ours to write. */
  | { readonly method: 'by hand'; readonly dir: string }

/** Decides where hooks go. Git has hooks in its configuration since 2.54. */
export async function hooksPlace(repo: Repository, version: GitVersion): Promise<HooksPlace> {
  if (isAtLeast(version, 2, 54)) return { method: 'config' }
  const dir = await gitPath('hooks', repo.workTree ?? repo.commonDir)
  return { method: isInside(dir, repo.commonDir) ? 'files' : 'by hand', dir }
}

/** Whether a directory, links followed, is another one or below it. */
export function isInside(dir: string, other: string): boolean {
  return `${real(dir)}${sep}`.startsWith(`${real(other)}${sep}`)
}

/** What lies where git looks for a hook. */
export type HookState =
  | 'absent'
  /** Exactly what this release writes. */
  | 'ours'
  /** What an earlier release wrote, or ours that lost its executable bit. */
  | 'former'
  /** Somebody else's, which calls us. */
  | 'calls us'
  | 'foreign'

/** Looks at one hook file. */
export function hookState(dir: string, name: HookName, current: string): HookState {
  const file = join(dir, name)
  const stat = statOf(file)
  if (stat === null) return 'absent'
  const content = textOf(file)
  if (stat.isFile() && content === current) return (stat.mode & 0o100) === 0 ? 'former' : 'ours'
  if (stat.isFile() && isOurHook(name, content)) return 'former'
  return callOf(name).test(withoutComments(content)) ? 'calls us' : 'foreign'
}

/** Whether git reaches us through a hook file of this directory, by whatever way. */
export function isReached(dir: string, name: HookName, current: string): boolean {
  const state = hookState(dir, name, current)
  if (state === 'ours' || state === 'calls us') return isExecutable(join(dir, name))
  // husky 9: `.husky/_/NAME` is its own and runs `.husky/NAME`, see https://typicode.github.io/husky/how-to.html
  if (basename(dir) !== '_' || state !== 'foreign') return false
  return callOf(name).test(withoutComments(textOf(join(dirname(dir), name))))
}

/** The file in which a person adds the call of ours. */
export function fileToEdit(dir: string, name: HookName): string {
  return basename(dir) === '_' ? join(dirname(dir), name) : join(dir, name)
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#.*$/gm, '')
}

function isExecutable(file: string): boolean {
  const stat = statOf(file)
  return stat !== null && (stat.isSymbolicLink() || (stat.mode & 0o111) !== 0)
}

/** Null where there is none; `core.hooksPath=/dev/null` turns hooks off, and is no directory to look in. */
function statOf(file: string): Stats | null {
  try {
    return lstatSync(file)
  } catch {
    return null
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Not there yet: what it would be in.
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path))
  }
}
