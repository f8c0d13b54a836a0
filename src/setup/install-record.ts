import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NixsecretError } from '../errors.ts'

/** What init put into a repository, so that uninstall takes out exactly this. */
export interface InstallRecord {
  /** Keys of the repository's configuration that were not there before. */
  readonly config: readonly string[]
  /** Value of `nixsecret.identity` that init added, or null. */
  readonly identity: string | null
  /** How the hooks were installed; null where they were not. */
  readonly hooks: { readonly method: 'config' | 'files'; readonly dir: string | null } | null
  /** Directory into which `init --server` put its hook, or null. */
  readonly serverHookDir: string | null
  /** Whether init made the directory of the hooks. */
  readonly madeHooksDir: boolean
}

/** Nothing was installed. */
export const NO_RECORD: InstallRecord = {
  config: [],
  identity: null,
  hooks: null,
  serverHookDir: null,
  madeHooksDir: false,
}

/** The file, under the directory of our state in a repository. It names keys and hooks, nothing secret. */
function recordFile(stateDir: string): string {
  return join(stateDir, 'install.json')
}

/**
 * What init wrote down, or null where it was never here.
 * @throws NixsecretError `io` where the record is damaged
 */
export function readRecord(stateDir: string): InstallRecord | null {
  let text: string
  try {
    text = readFileSync(recordFile(stateDir), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new NixsecretError('io', 'cannot read what init wrote down (nixsecret/install.json)', { cause })
  }
  try {
    const found = JSON.parse(text) as Partial<InstallRecord>
    return { ...NO_RECORD, ...found, config: (found.config ?? []).filter((key) => typeof key === 'string') }
  } catch {
    throw new NixsecretError('io', 'what init wrote down (nixsecret/install.json) is damaged', {
      hints: ['rm "$(git rev-parse --git-common-dir)/nixsecret/install.json"', 'git nixsecret init'],
    })
  }
}

/** Writes the record, in one step, if it says anything new. */
export function writeRecord(stateDir: string, record: InstallRecord): void {
  writeState(stateDir, 'install.json', `${JSON.stringify({ version: 1, ...record }, null, 2)}\n`)
}

/**
 * Writes a small file into the directory of our state, which it makes (0700), in one step.
 * @throws NixsecretError `io`
 */
export function writeState(stateDir: string, name: string, text: string): void {
  const file = join(stateDir, name)
  try {
    if (contentOf(file) === text) return
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    const temporary = `${file}.${process.pid}.tmp`
    writeFileSync(temporary, text, { mode: 0o600 })
    renameSync(temporary, file)
  } catch (cause) {
    throw new NixsecretError('io', `cannot write nixsecret/${name} in the git directory`, { cause })
  }
}

/** Removes all state that we keep in a repository, that of linked worktrees included. */
export function removeState(stateDir: string): void {
  for (const dir of [stateDir, ...linkedStateDirs(stateDir)]) rmSync(dir, { recursive: true, force: true })
}

/** Where state of linked worktrees may be: in git's directory for each. */
export function linkedStateDirs(stateDir: string): string[] {
  const worktrees = join(dirname(stateDir), 'worktrees')
  if (!existsSync(worktrees)) return []
  return readdirSync(worktrees).map((name) => join(worktrees, name, 'nixsecret'))
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
