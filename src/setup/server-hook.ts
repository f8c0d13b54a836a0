import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gitPath } from '../git/git-path.ts'
import type { Repository } from '../git/repository.ts'
import { callOf, hookFile, PROGRAM, SERVER_HOOK } from './hook-text.ts'
import { hookState, isInside, isReached } from './hooks-place.ts'
import { removeHookFiles } from './install-hooks.ts'

/** Where the hook of a repository that is pushed to goes. */
export interface ServerHookPlace {
  /** `by hand`: `core.hooksPath` leads elsewhere, or a forge writes the hooks and runs those of a directory. */
  readonly method: 'files' | 'by hand'
  /** Where git looks for hooks; absolute. */
  readonly dir: string
  /** The file into which a person puts the call; absolute. */
  readonly file: string
  /** Whether pushes reach us now. */
  readonly reached: boolean
}

/** Looks where the hook is to go; changes nothing. A file, whatever git's version: git itself runs it in all of them. */
export async function serverHookPlace(repo: Repository): Promise<ServerHookPlace> {
  const dir = await gitPath('hooks', repo.gitDir)
  const file = join(dir, SERVER_HOOK)
  const reached = isReached(dir, SERVER_HOOK, hookFile(SERVER_HOOK))
  if (!isInside(dir, repo.commonDir)) return { method: 'by hand', dir, file, reached }
  if (!isDispatched(dir, file)) return { method: 'files', dir, file, reached }
  const part = join(`${file}.d`, 'nixsecret')
  return { method: 'by hand', dir, file: part, reached: reached || callsUs(part) }
}

/** Gitea's and Forgejo's own hook runs `pre-receive.d/*`, and is written anew by them. */
function isDispatched(dir: string, file: string): boolean {
  if (!existsSync(`${file}.d`) || hookState(dir, SERVER_HOOK, hookFile(SERVER_HOOK)) !== 'foreign')
    return false
  return /\.d\b/.test(readFileSync(file, 'latin1'))
}

function callsUs(file: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile() || (stat.mode & 0o100) === 0) return false
  return callOf(SERVER_HOOK).test(readFileSync(file, 'latin1').replace(/^[ \t]*#.*$/gm, ''))
}

/** What was taken out of a directory of hooks, and what had to be left. */
export interface RemovedServerHook {
  readonly removed: boolean
  /** Somebody else's lies where ours was, and the earlier one still beside it. */
  readonly left: boolean
}

/** Takes our hook out and puts back the one that was there before. */
export function removeServerHook(dir: string, madeDir: boolean): RemovedServerHook {
  const state = existsSync(dir) ? hookState(dir, SERVER_HOOK, hookFile(SERVER_HOOK)) : 'absent'
  if (existsSync(dir)) rmSync(join(dir, SERVER_HOOK + PROGRAM), { force: true })
  const left = removeHookFiles(dir, madeDir, [SERVER_HOOK])
  return { removed: state === 'ours' || state === 'former', left: left.length > 0 }
}
