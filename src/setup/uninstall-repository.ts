import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { protectedEntries } from '../blob/protected-files.ts'
import { isWorkFile, looksSealed } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { GitConfig, sameConfigValue } from '../git/config.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import { type ConfigEntry, DRIVER_ENTRIES, REPOSITORY_ENTRIES } from './config-entries.ts'
import { HOOKS, hookFile, SERVER_HOOK } from './hook-text.ts'
import { hookState } from './hooks-place.ts'
import { hookEntries, removeHookFiles } from './install-hooks.ts'
import { readRecord, removeState } from './install-record.ts'
import { removeServerHook } from './server-hook.ts'

/** What uninstall took out, and what it had to leave. */
export interface UninstallReport {
  /** Keys of the configuration that are gone. */
  readonly config: readonly string[]
  /** Keys that init had set and somebody has changed since: left. */
  readonly configLeft: readonly string[]
  readonly hooks: readonly string[]
  /** Hooks of others that lie where ours was, with the one that init moved aside still beside them. */
  readonly hooksLeft: readonly string[]
}

/** Protected files that lie open in the work tree. */
export async function openFiles(repo: Repository): Promise<BytePath[]> {
  const workTree = requireWorkTree(repo)
  const entries = await protectedEntries({ cwd: workTree })
  const paths = [...new Set(entries.map((entry) => entry.path))]
  return paths.filter((path) => isWorkFile(workTree, path) && !looksSealed(workTree, path))
}

/**
 * Takes out what init put into a repository: by its record, or, where that is lost, what has the values and texts
 * that init writes. Policy and `.gitattributes` belong to the project and stay.
 */
export async function uninstallRepository(repo: Repository): Promise<UninstallReport> {
  const record = readRecord(repo.stateDir)
  const config = await GitConfig.read(repo.workTree ?? repo.gitDir, 'local')
  const candidates = record === null ? DRIVER_ENTRIES : REPOSITORY_ENTRIES
  const set = record === null ? null : new Set(record.config)
  const mine = [...candidates, ...hookEntries()].filter((entry) => set?.has(entry.key) ?? true)
  const removed: string[] = []
  const left: string[] = []
  for (const entry of mine) {
    if (config.get(entry.key) === null) continue
    if (!isUnchanged(config, entry)) left.push(entry.key)
    else {
      await config.unset(entry.key)
      removed.push(entry.key)
    }
  }
  if (record?.identity) await config.remove('nixsecret.identity', record.identity)
  // Never where core.hooksPath leads: what lies there is not ours, whatever its text.
  const dir = record?.hooks?.dir ?? join(repo.commonDir, 'hooks')
  const present = existsSync(dir) ? HOOKS.filter((name) => isOurs(dir, name)) : []
  const madeDir = record?.madeHooksDir ?? false
  const hooksLeft: string[] = removeHookFiles(dir, madeDir)
  const server = removeServerHook(record?.serverHookDir ?? join(repo.commonDir, 'hooks'), madeDir)
  if (server.left) hooksLeft.push(SERVER_HOOK)
  removeState(repo.stateDir)
  const configHooks = HOOKS.filter((name) => removed.includes(`hook.nixsecret-${name}.event`))
  const hooks = [...present, ...configHooks, ...(server.removed ? [SERVER_HOOK] : [])]
  return { config: removed, configLeft: left, hooks, hooksLeft }
}

function isUnchanged(config: GitConfig, entry: ConfigEntry): boolean {
  const values = config.all(entry.key)
  const [value = ''] = values
  return values.length === 1 && (sameConfigValue(value, entry.value) || entry.formerly.includes(value))
}

function isOurs(dir: string, name: (typeof HOOKS)[number]): boolean {
  const state = hookState(dir, name, hookFile(name))
  return state === 'ours' || state === 'former'
}
