import { driversOf, inScope, type Scopes } from '../blob/protected-files.ts'
import { type BytePath, bytePath } from '../byte-path.ts'
import type { Driver } from '../git/check-attr.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../git/flagged-index.ts'
import { listTree } from '../git/list-index.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import { runGit, splitNul, tryGit } from '../git/run-git.ts'

/** One protected path, wherever git has it. */
export interface ProtectedPath {
  readonly path: BytePath
  readonly driver: Driver
  /** Its entries in the index: none, one, or up to three in a conflict. */
  readonly index: readonly FlaggedEntry[]
  /** Its blob in HEAD, or null. */
  readonly headOid: string | null
}

/** Every path that our filter is meant for: in the index, in HEAD, or in the work tree and not ignored. */
export async function protectedPaths(repo: Repository, scopes: Scopes): Promise<ProtectedPath[]> {
  const cwd = requireWorkTree(repo)
  const [index, head, others] = await Promise.all([listFlaggedIndex({ cwd }), headTree(cwd), untracked(cwd)])
  const entries = group(index)
  const blobs = new Map(head.map((entry) => [entry.path, entry]))
  const all = new Set([...entries.keys(), ...blobs.keys(), ...others])
  const drivers = await driversOf(
    [...all].filter((path) => inScope(path, scopes)),
    { cwd },
  )
  return [...drivers]
    .map(([path, driver]) => {
      const blob = blobs.get(path)
      const headOid = blob?.mode.startsWith('100') ? blob.oid : null
      return { path, driver, index: entries.get(path) ?? [], headOid }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function group(entries: readonly FlaggedEntry[]): Map<BytePath, FlaggedEntry[]> {
  const groups = new Map<BytePath, FlaggedEntry[]>()
  for (const entry of entries) groups.set(entry.path, [...(groups.get(entry.path) ?? []), entry])
  return groups
}

async function headTree(cwd: string) {
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd })
  return head.code === 0 ? listTree('HEAD', { cwd }) : []
}

async function untracked(cwd: string): Promise<BytePath[]> {
  return splitNul(await runGit(['ls-files', '--others', '--exclude-standard', '-z'], { cwd })).map(bytePath)
}
