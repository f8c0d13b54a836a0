import { ReaderSets } from '../../blob/reader-sets.ts'
import { type BytePath, pathBytes } from '../../byte-path.ts'
import { type CommitInfo, commitInfo } from '../../git/commit-info.ts'
import { commitsTouching } from '../../git/commits-touching.ts'
import { DiffTree } from '../../git/diff-tree.ts'
import { trueView } from '../../git/true-view.ts'
import type { Policy } from '../../policy/policy.ts'
import { rotateOf } from '../../policy/readers-of.ts'
import type { ProtectedFile } from '../protected-files.ts'
import type { Workspace } from '../workspace.ts'
import { Fingerprints, type Prints } from './fingerprints.ts'
import { versions } from './versions.ts'

/** A secret that `rotate` wants changed, or of which nobody can tell. */
export interface Overdue {
  readonly path: BytePath
  /** As the policy has it. */
  readonly days: number
  /** Why it can't be told when the plaintext changed last; null where it is overdue. */
  readonly unsure: string | null
}

const DAY = 86_400
/** Renames that are followed. */
const MOST_RENAMES = 20

type Change = 'now' | { readonly commit: CommitInfo } | { readonly unsure: string } | null

/**
 * Secrets whose plaintext has not changed for as long as the policy allows, on the way to HEAD, by the committer's date. A
 * commit that is dated later than HEAD counts as made with HEAD; dates in the future tell nothing. Only commits of the time in
 * question are looked at.
 */
export async function overdueSecrets(
  space: Workspace,
  policy: Policy,
  files: readonly ProtectedFile[],
  now: number = Date.now() / 1000,
): Promise<Overdue[]> {
  const wanted = files.flatMap((file) => {
    const days = rotateOf(policy, file.path)
    return days === null ? [] : [{ file, days }]
  })
  if (wanted.length === 0) return []
  const head = await space.catFile.info('HEAD^{commit}')
  const info = head === null ? null : await commitInfo(space.catFile, head.oid)
  if (info === null) return []
  const hasDocuments = [policy.default, ...policy.rules].some(({ format }) => format === 'sops')
  const fingerprints = await Fingerprints.make(space, hasDocuments)
  const changes = new Changes(space, fingerprints, info)
  const found: Overdue[] = []
  const byDays = new Map<number, ProtectedFile[]>()
  for (const { file, days } of wanted) byDays.set(days, [...(byDays.get(days) ?? []), file])
  try {
    for (const [days, group] of byDays) {
      const commits = await changes.since(now - days * DAY, group)
      for (const file of group) {
        const change = await changes.last(file, commits.get(file.path) ?? [], now - days * DAY)
        const unsure = change === null ? null : unsureOf(change, info, now)
        if (change === null || unsure !== null) found.push({ path: file.path, days, unsure })
      }
    }
  } finally {
    changes.close()
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function unsureOf(change: Exclude<Change, null>, head: CommitInfo, now: number): string | null {
  if (change === 'now') return null
  if ('unsure' in change) return change.unsure
  const time = Math.min(change.commit.time, head.time)
  return time <= now + DAY ? null : 'its last change is dated in the future'
}

/** Looks for the last change of plaintexts. */
class Changes {
  readonly #space: Workspace
  readonly #fingerprints: Fingerprints
  readonly #sets = new ReaderSets()
  readonly #head: CommitInfo
  readonly #differ: DiffTree

  constructor(space: Workspace, fingerprints: Fingerprints, head: CommitInfo) {
    this.#space = space
    this.#fingerprints = fingerprints
    this.#head = head
    this.#differ = new DiffTree(trueView(space.git), space.repo.objectFormat)
  }

  close(): void {
    this.#differ.close()
  }

  /** The commits since then that change each of some files, children first. */
  async since(time: number, files: readonly ProtectedFile[]): Promise<Map<BytePath, string[]>> {
    const paths = files.map(({ path }) => path).filter((path) => !path.includes('\n'))
    const commits = await commitsTouching(trueView(this.#space.git), [this.#head.oid], paths, { since: time })
    const wanted = new Set(paths)
    const found = new Map<BytePath, string[]>()
    for (const [i, changes] of (await this.#differ.changes(commits)).entries())
      for (const { path } of changes)
        if (wanted.has(path)) found.set(path, [...(found.get(path) ?? []), commits[i] as string])
    return found
  }

  /** @returns null where there was none since that time */
  async last({ path, oid }: ProtectedFile, commits: readonly string[], time: number): Promise<Change> {
    let prints: Promise<Prints> | null = null
    // Most have not changed at all, and need not be opened.
    const now = () => {
      prints ??= this.#prints(path, oid)
      return prints
    }
    const here = await this.#sameAs(now, oid, await this.#blobAt(this.#head.oid, path), path)
    if (here !== 'same') return here === 'other' ? 'now' : { unsure: here.why }
    let at = path
    let todo = commits
    for (let renames = 0; ; renames++) {
      const next = await this.#through(now, oid, at, todo)
      if (next === null || next === 'now' || !('from' in next)) return next
      if (renames === MOST_RENAMES) return { unsure: 'it was renamed too often' }
      at = next.from
      todo = await commitsTouching(trueView(this.#space.git), next.above, [at], { since: time })
    }
  }

  /** Goes back while the plaintext stays; to another path where it came from there. */
  async #through(
    now: () => Promise<Prints>,
    oid: string,
    path: BytePath,
    commits: readonly string[],
  ): Promise<Change | { from: BytePath; above: readonly string[] }> {
    for (const name of commits) {
      const commit = await commitInfo(this.#space.catFile, name)
      if (commit === null) return { unsure: 'a commit is missing' }
      const [parent] = commit.parents
      if (parent === undefined) return { commit }
      if ((await this.#space.catFile.info(parent)) === null)
        return { unsure: 'the history is cut off here (shallow clone)' }
      const before = await this.#blobAt(parent, path)
      if (before === null) {
        const from = await this.#source(now, oid, commit, parent)
        return from === null ? { commit } : { from, above: commit.parents }
      }
      const same = await this.#sameAs(now, oid, before, path)
      if (same === 'other') return { commit }
      if (same !== 'same') return { unsure: same.why }
    }
    return null
  }

  /** The path with that plaintext that a commit takes away. */
  async #source(
    now: () => Promise<Prints>,
    oid: string,
    commit: CommitInfo,
    parent: string,
  ): Promise<BytePath | null> {
    const [changes = []] = await this.#differ.changes([commit.oid])
    for (const { mode, path } of changes) {
      if (mode !== '000000') continue
      const before = await this.#blobAt(parent, path)
      if ((await this.#sameAs(now, oid, before, path)) === 'same') return path
    }
    return null
  }

  async #sameAs(
    now: () => Promise<Prints>,
    oid: string,
    other: string | null,
    otherPath: BytePath,
  ): Promise<'same' | 'other' | { why: string }> {
    if (other === oid) return 'same'
    if (other === null) return 'other'
    const [before, after] = [await this.#prints(otherPath, other), await now()]
    if ('why' in before) return before
    if ('why' in after) return after
    return before.some((print) => after.includes(print)) ? 'same' : 'other'
  }

  async #prints(path: BytePath, oid: string): Promise<Prints> {
    for await (const version of versions(this.#space.catFile, [{ path, oid }], this.#sets))
      return this.#fingerprints.of(version)
    return { why: 'it is not here' }
  }

  async #blobAt(commit: string, path: BytePath): Promise<string | null> {
    const name = Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)])
    const found = await this.#space.catFile.info(name)
    return found?.type === 'blob' ? found.oid : null
  }
}
