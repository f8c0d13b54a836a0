import { parseRecipient } from '../../age/recipient.ts'
import type { RulingFile } from '../../blob/tree-state.ts'
import type { BytePath } from '../../byte-path.ts'
import { type CommitInfo, commitInfo } from '../../git/commit-info.ts'
import { readersOf } from '../../policy/readers-of.ts'
import { protectedFiles } from '../protected-files.ts'
import type { Workspace } from '../workspace.ts'
import { type CurrentSecret, currentSecrets } from './current-secrets.ts'
import { Fingerprints } from './fingerprints.ts'
import { SecretHistory } from './history.ts'
import { type Known, knownPlaintexts } from './known-plaintexts.ts'
import type { Outstanding, RotationReport } from './outstanding.ts'
import { overdueSecrets } from './overdue.ts'

/** Told how far the search is: `what` is being done. */
export type RotationProgress = (what: string, done: number, total: number) => void

/**
 * Every secret of the index that somebody who is no reader of it, by the policy that holds now, could read in any commit
 * of any ref, and that has still the plaintext that they could read: at whatever path, whatever came between. Keys count,
 * not names. Who reads the same plaintext at another path has not lost it.
 * @returns the report, and whether any policy of the past or present has had a name
 * @throws NixsecretError `policy` where no policy holds
 */
export async function findOutstanding(
  space: Workspace,
  onProgress: RotationProgress = () => {},
): Promise<{ report: RotationReport; hasName: (name: string) => boolean }> {
  const policy = await space.policy()
  const { files, unmerged } = await protectedFiles(space, [])
  const history = await SecretHistory.read(space, (done, total) =>
    onProgress('looking at commits', done, total),
  )
  const fingerprints = await Fingerprints.make(space, history.hasDocuments)
  const secrets = await currentSecrets(space, policy, files, history, fingerprints)
  const found = await knownPlaintexts(space, history, secrets, fingerprints, (done, total) =>
    onProgress('looking at earlier versions', done, total),
  )
  const latest = latestOf(found.known, readersByPrint(secrets))
  const head = (await space.catFile.info('HEAD^{commit}'))?.oid ?? null
  const losses = new Losses(space, history, head)
  const sealedStill = new Set(
    found.known.flatMap(({ secret, place, key }) =>
      place.oid === secret.oid ? [`${secret.path}\0${key}`] : [],
    ),
  )
  const outstanding: Outstanding[] = []
  for (const { secret, place, key, unsure } of latest) {
    const loss = await losses.of(key, secret.path, place.path)
    const names = history.sets.namesOf(key)
    const stillSealed = sealedStill.has(`${secret.path}\0${key}`)
    outstanding.push({ path: secret.path, key, names, ...loss, opened: place, stillSealed, unsure })
  }
  const paths = new Set(secrets.map(({ path }) => path))
  const exposed = new Map(
    found.exposed.map(({ secret, place }) => [secret.path, { path: secret.path, opened: place }]),
  )
  const report = {
    outstanding,
    exposed: [...exposed.values()],
    overdue: await overdueSecrets(space, policy, files),
    unknown: [...found.unknown].filter((path) => paths.has(path)),
    unmerged,
    secrets: files.length + unmerged.length,
  }
  return { report, hasName: (name) => policy.recipients.has(name) || history.sets.hasName(name) }
}

/** Who reads a plaintext somewhere, by what tells it from others. */
function readersByPrint(secrets: readonly CurrentSecret[]): Map<string, Set<string>> {
  const readers = new Map<string, Set<string>>()
  for (const secret of secrets) {
    for (const print of 'why' in secret.prints ? [secret.oid] : secret.prints) {
      const set = readers.get(print) ?? new Set()
      for (const key of secret.readers) set.add(key)
      readers.set(print, set)
    }
  }
  return readers
}

/** One for each secret and key: the version that is sure, and of several the latest; by path, and then by key. */
function latestOf(known: readonly Known[], readers: ReadonlyMap<string, ReadonlySet<string>>): Known[] {
  const byPair = new Map<string, Known>()
  for (const one of known) {
    const { prints, oid, path } = one.secret
    if (('why' in prints ? [oid] : prints).some((print) => readers.get(print)?.has(one.key))) continue
    const pair = `${path}\0${one.key}`
    const before = byPair.get(pair)
    if (before === undefined || before.unsure !== null || one.unsure === null) byPair.set(pair, one)
  }
  return [...byPair].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** When keys lost access. */
class Losses {
  readonly #space: Workspace
  readonly #history: SecretHistory
  readonly #head: string | null
  readonly #sets = new Map<RulingFile, Map<BytePath, ReadonlySet<string>>>()
  readonly #commits = new Map<string, Promise<CommitInfo | null>>()

  constructor(space: Workspace, history: SecretHistory, head: string | null) {
    this.#space = space
    this.#history = history
    this.#head = head
  }

  /** @param path where the secret is @param was where they could read it */
  async of(key: string, path: BytePath, was: BytePath): Promise<Pick<Outstanding, 'lost' | 'lostHow'>> {
    const mayRead = (file: RulingFile | null) => this.#keys(file, path).has(key)
    const at = this.#head === null ? null : this.#history.timeline.lostAt(this.#head, mayRead)
    if (at === 'kept') return { lost: null, lostHow: 'uncommitted' }
    if (at !== null) return { lost: await this.#commit(at), lostHow: 'commit' }
    const first = was === path ? undefined : this.#history.firstAt.get(path)
    if (first === undefined) return { lost: null, lostHow: 'elsewhere' }
    return { lost: await this.#commit(first), lostHow: 'moved' }
  }

  #commit(oid: string): Promise<CommitInfo | null> {
    const known = this.#commits.get(oid) ?? commitInfo(this.#space.catFile, oid)
    this.#commits.set(oid, known)
    return known
  }

  #keys(file: RulingFile | null, path: BytePath): ReadonlySet<string> {
    const policy = this.#history.policyAt(file)
    if (file === null || policy === null) return NOBODY
    let byPath = this.#sets.get(file)
    if (byPath === undefined) {
      byPath = new Map()
      this.#sets.set(file, byPath)
    }
    let keys = byPath.get(path)
    if (keys === undefined) {
      const names = readersOf(policy, path) ?? []
      keys = new Set(names.map((name) => parseRecipient(policy.recipients.get(name) ?? '').canonical))
      byPath.set(path, keys)
    }
    return keys
  }
}

const NOBODY: ReadonlySet<string> = new Set()
