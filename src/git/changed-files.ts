import { lstatSync } from 'node:fs'
import { type BytePath, bytePath, pathBytes } from '../byte-path.ts'
import type { FlaggedEntry } from './flagged-index.ts'
import { type GitOptions, runGit, splitNul, tryGit } from './run-git.ts'

/**
 * Which files of the work tree differ from their index entry, judged as git does: through the clean filter,
 * and only where the file's times or size say that it may have changed.
 * Files that are not there, and those left out of the work tree on purpose, do not count.
 * What clean refuses to store counts as changed, and so does anything that is no regular file.
 * @param options `cwd` must be the top of the work tree
 */
export async function changedFiles(
  entries: readonly FlaggedEntry[],
  options: GitOptions & { cwd: string },
): Promise<Set<BytePath>> {
  const suspects = await suspectPaths(options)
  const changed = new Set<BytePath>()
  const asked: FlaggedEntry[] = []
  for (const entry of entries) {
    const status = suspects.get(entry.path)
    if (entry.skipped || status === 'D' || (status === undefined && !entry.pinned)) continue
    const stat = lstatSync(workFile(options.cwd, entry.path), { throwIfNoEntry: false })
    if (stat?.isFile() && (status === 'M' || status === undefined)) asked.push(entry)
    else if (stat !== undefined) changed.add(entry.path)
  }
  const ids = await cleanedIds(
    asked.map(({ path }) => path),
    options,
  )
  for (const [i, { path, oid }] of asked.entries()) if (ids[i] !== oid) changed.add(path)
  return changed
}

function workFile(top: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), pathBytes(path)])
}

/** Path → status letter of `git diff-files`, by file times and sizes alone. */
async function suspectPaths(options: GitOptions): Promise<Map<BytePath, string>> {
  const args = ['diff-files', '--name-status', '--no-renames', '--ignore-submodules=all', '-z']
  const fields = splitNul(await runGit(args, options))
  const found = new Map<BytePath, string>()
  for (let i = 0; i + 1 < fields.length; i += 2) {
    found.set(bytePath(fields[i + 1] as Buffer), (fields[i] as Buffer).toString('latin1'))
  }
  return found
}

/** What `git add` would make of files; null where it would refuse. */
async function cleanedIds(paths: readonly BytePath[], options: GitOptions): Promise<(string | null)[]> {
  if (paths.length === 0) return []
  const input = Buffer.from(paths.map((path) => `${quotePath(path)}\n`).join(''), 'latin1')
  const { code, stdout } = await tryGit(['hash-object', '--stdin-paths'], { ...options, input })
  const ids = stdout.toString('latin1').split('\n').slice(0, -1)
  if (code === 0 && ids.length === paths.length) return ids
  if (paths.length === 1) return [null]
  // One refusal ends git: ask for each.
  const single: (string | null)[] = []
  for (const path of paths) single.push(...(await cleanedIds([path], options)))
  return single
}

/** As git reads it back from a line (`unquote_c_style`). */
function quotePath(path: BytePath): string {
  const escaped = path.replace(
    /[^ !#-[\]-~]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
  return `"${escaped}"`
}
