import { Past } from '../blob/past.ts'
import { ReaderSets } from '../blob/reader-sets.ts'
import { POLICY_PATH } from '../blob/tree-state.ts'
import { allTips } from '../blob/walk-history.ts'
import { type BytePath, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type CommitInfo, commitInfo } from '../git/commit-info.ts'
import { commitsTouching } from '../git/commits-touching.ts'
import type { Policy } from '../policy/policy.ts'
import { Fingerprints, type Prints } from './rotation/fingerprints.ts'
import { type NamedKey, namesOfKeys } from './rotation/names-of-keys.ts'
import { type Version, versions } from './rotation/versions.ts'
import type { Workspace } from './workspace.ts'

/** What a commit did to a secret. */
export interface LogEntry {
  readonly commit: CommitInfo
  /** `restored`: it was there before, and had been deleted. */
  readonly kind: 'created' | 'changed' | 'resealed' | 'unclear' | 'renamed' | 'deleted' | 'restored'
  /** Whether a merge made it, of versions that differ. */
  readonly isMerge: boolean
  /** Whether the plaintext is another one; null where nobody here can tell, or there is nothing to compare. */
  readonly plaintextChanged: boolean | null
  /** Why nobody here can tell, if so. */
  readonly why: string | null
  readonly path: BytePath
  /** Where it was before it was renamed. */
  readonly from: BytePath | null
  /** Those whom the file is sealed for and the one before was not, and the reverse. */
  readonly gained: readonly NamedKey[]
  readonly lost: readonly NamedKey[]
  /** False where one of them does not say for whom it is sealed. */
  readonly readersKnown: boolean
}

/** Renames that are followed. */
const MOST_RENAMES = 100

/**
 * The history of a secret on all ways to HEAD, newest first; renames are followed, by what the file holds. Merges are told where
 * what they made differs from each of their parents.
 * @throws NixsecretError `missing` where no commit has had such a file
 */
export async function secretLog(space: Workspace, path: BytePath): Promise<LogEntry[]> {
  const past = new Past(space.repo, space.git)
  try {
    const head = await past.catFile.info('HEAD^{commit}')
    const sets = await setsOf(past)
    const fingerprints = await Fingerprints.make(space, true)
    const log = head === null ? [] : await new SecretLog(past, sets, fingerprints).of(path, [head.oid])
    if (log.length === 0)
      throw new NixsecretError('missing', 'no commit that leads to HEAD has had such a file', {
        hints: ['git nixsecret status'],
      })
    return log
  } finally {
    past.close()
  }
}

/** The sets of every policy that any ref has had. */
async function setsOf(past: Past): Promise<ReaderSets> {
  const sets = new ReaderSets()
  const seen = new Set<string>()
  const commits = await commitsTouching(past.place, await allTips(past), [POLICY_PATH], { full: true })
  for (const commit of commits.reverse()) {
    const policy = await policyAt(past, commit, seen)
    if (policy !== null) sets.add(policy)
  }
  return sets
}

async function policyAt(past: Past, commit: string, seen?: Set<string>): Promise<Policy | null> {
  const blob = await past.catFile.info(`${commit}:${POLICY_PATH}`)
  if (blob === null || blob.type !== 'blob' || seen?.has(blob.oid)) return null
  seen?.add(blob.oid)
  const found = await past.policies.at({ mode: '100644', oid: blob.oid })
  return 'policy' in found ? found.policy : null
}

class SecretLog {
  readonly #past: Past
  readonly #sets: ReaderSets
  readonly #fingerprints: Fingerprints
  #renames = 0

  constructor(past: Past, sets: ReaderSets, fingerprints: Fingerprints) {
    this.#past = past
    this.#sets = sets
    this.#fingerprints = fingerprints
  }

  async of(path: BytePath, tips: readonly string[]): Promise<LogEntry[]> {
    const commits = await commitsTouching(this.#past.place, tips, [path], { full: true })
    const entries: LogEntry[] = []
    for (const [i, oid] of commits.entries()) {
      const commit = await commitInfo(this.#past.catFile, oid)
      const entry = commit === null ? null : await this.#entry(commit, path, commits.slice(i + 1))
      if (entry === null) continue
      entries.push(entry)
      if (entry.from !== null && this.#renames++ < MOST_RENAMES)
        entries.push(...(await this.of(entry.from, entry.commit.parents)))
    }
    return entries
  }

  /** @param older commits that touch the path, before this one */
  async #entry(commit: CommitInfo, path: BytePath, older: readonly string[]): Promise<LogEntry | null> {
    const after = await this.#blobAt(commit.oid, path)
    const before = await Promise.all(commit.parents.map((parent) => this.#blobAt(parent, path)))
    // A merge that took one side tells nothing new.
    if (before.includes(after)) return null
    const [one = null] = before.filter((oid) => oid !== null)
    const isMerge = commit.parents.length > 1
    if (after === null) {
      const gone = await this.#version(path, one)
      return this.#row(commit, 'deleted', { path, isMerge, before: gone, after: null, same: null })
    }
    const version = (await this.#version(path, after)) as Version
    if (one !== null) {
      const former = await this.#version(path, one)
      const same = await this.#same(former, version)
      const kind = same === true ? 'resealed' : same === false ? 'changed' : 'unclear'
      return this.#row(commit, kind, { path, isMerge, before: former, after: version, same })
    }
    const source = await this.#source(commit, version)
    if (source !== null)
      return {
        ...(await this.#row(commit, 'renamed', {
          path,
          isMerge,
          before: source,
          after: version,
          same: true,
        })),
        from: source.path,
      }
    const former = await this.#formerly(path, older)
    if (former === null)
      return this.#row(commit, 'created', { path, isMerge, before: null, after: version, same: null })
    const same = await this.#same(former, version)
    return this.#row(commit, 'restored', { path, isMerge, before: former, after: version, same })
  }

  async #row(
    commit: CommitInfo,
    kind: LogEntry['kind'],
    {
      path,
      isMerge,
      before,
      after,
      same,
    }: {
      path: BytePath
      isMerge: boolean
      before: Version | null
      after: Version | null
      same: boolean | string | null
    },
  ): Promise<LogEntry> {
    const [had, has] = [keysOf(before), keysOf(after)]
    const [parent] = commit.parents
    const policies = [
      await policyAt(this.#past, commit.oid),
      parent === undefined ? null : await policyAt(this.#past, parent),
    ]
    const named = (keys: readonly string[]) => namesOfKeys(keys, policies, this.#sets)
    return {
      commit,
      kind,
      isMerge,
      plaintextChanged: typeof same === 'boolean' ? !same : null,
      why: typeof same === 'string' ? same : null,
      path,
      from: null,
      gained: named([...has].filter((key) => !had.has(key) && after?.unsure.has(key) !== true)),
      lost:
        after === null
          ? []
          : named([...had].filter((key) => !has.has(key) && before?.unsure.has(key) !== true)),
      readersKnown: before?.isKnown !== false && after?.isKnown !== false,
    }
  }

  /** What the path had before it was deleted. */
  async #formerly(path: BytePath, older: readonly string[]): Promise<Version | null> {
    for (const oid of older) {
      const commit = await commitInfo(this.#past.catFile, oid)
      for (const name of [oid, ...(commit?.parents ?? [])]) {
        const blob = await this.#blobAt(name, path)
        if (blob !== null) return this.#version(path, blob)
      }
    }
    return null
  }

  /** The file that the commit takes away and that has the same plaintext. */
  async #source(commit: CommitInfo, version: Version): Promise<Version | null> {
    const [parent] = commit.parents
    const [changes = []] = parent === undefined ? [] : await this.#past.trees.changes([commit.oid])
    for (const { mode, path } of changes) {
      const blob = mode === '000000' ? await this.#blobAt(parent as string, path) : null
      if (blob === null) continue
      const former = await this.#version(path, blob)
      if (former !== null && (await this.#same(former, version)) === true) return former
    }
    return null
  }

  /** @returns why it can't be told, where it can't */
  async #same(before: Version | null, after: Version | null): Promise<boolean | string | null> {
    if (before === null || after === null) return null
    if (before.oid === after.oid) return true
    const sizes = [before.plaintextSize, after.plaintextSize]
    if (this.#fingerprints.sizeCounts(after.path) && !sizes.includes(null) && sizes[0] !== sizes[1])
      return false
    const prints: Prints[] = [await this.#printsOf(before), await this.#printsOf(after)]
    const [former, latter] = prints as [Prints, Prints]
    if ('why' in former) return former.why
    if ('why' in latter) return latter.why
    return former.some((print) => latter.includes(print))
  }

  async #printsOf(version: Version): Promise<Prints> {
    if (version.kind === 'empty') return ['empty']
    return this.#fingerprints.of(version)
  }

  async #version(path: BytePath, oid: string | null): Promise<Version | null> {
    if (oid !== null)
      for await (const version of versions(this.#past.catFile, [{ path, oid }], this.#sets)) return version
    return null
  }

  async #blobAt(commit: string, path: BytePath): Promise<string | null> {
    const found = await this.#past.catFile.info(Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)]))
    return found?.type === 'blob' ? found.oid : null
  }
}

function keysOf(version: Version | null): ReadonlySet<string> {
  return version?.keys ?? new Set()
}
