import type { BytePath } from '../../byte-path.ts'
import type { CurrentSecret } from './current-secrets.ts'
import type { Fingerprints } from './fingerprints.ts'
import type { FormerPlace, SecretHistory } from './history.ts'
import { type Version, versions } from './versions.ts'

/** A version that somebody who is no reader of a secret could open, and that is, or may be, what the secret still is. */
export interface Known {
  readonly secret: CurrentSecret
  readonly place: FormerPlace
  readonly key: string
  /** See `Outstanding`. */
  readonly unsure: string | null
}

/** What {@link knownPlaintexts} found. */
export interface Found {
  readonly known: readonly Known[]
  /** Versions in plaintext that are what a secret still is. */
  readonly exposed: readonly { readonly secret: CurrentSecret; readonly place: FormerPlace }[]
  /** Paths of versions that do not say for whom they are. */
  readonly unknown: ReadonlySet<BytePath>
}

/**
 * Holds every version of every path against every secret as it is now. A version is opened, once, only where it could
 * matter: sealed for somebody who does not read a secret of that size, and is not known to know it already.
 */
export async function knownPlaintexts(
  space: { readonly catFile: Parameters<typeof versions>[0] },
  history: SecretHistory,
  secrets: readonly CurrentSecret[],
  fingerprints: Fingerprints,
  onProgress: (done: number, total: number) => void,
): Promise<Found> {
  const search = new Search(history, secrets, fingerprints)
  let done = 0
  for await (const version of versions(space.catFile, history.places, history.sets)) {
    await search.look(version, history.places[done] as FormerPlace)
    onProgress(++done, history.places.length)
  }
  return search
}

class Search implements Found {
  readonly known: Known[] = []
  readonly exposed: { secret: CurrentSecret; place: FormerPlace }[] = []
  readonly unknown = new Set<BytePath>()
  readonly #history: SecretHistory
  readonly #fingerprints: Fingerprints
  readonly #byPrint = new Map<string, CurrentSecret[]>()
  readonly #byBlob = new Map<string, CurrentSecret[]>()
  readonly #byKin = new Map<BytePath, CurrentSecret[]>()
  /** Secrets that are open, by size; -1 where size does not count. */
  readonly #bySize = new Map<number, CurrentSecret[]>()
  /** Who is known to know a secret: that need not be found out once more. */
  readonly #knowers = new Map<CurrentSecret, Set<string>>()
  readonly #leavers = new Map<ReadonlySet<string>, Map<ReadonlySet<string>, readonly string[]>>()

  constructor(history: SecretHistory, secrets: readonly CurrentSecret[], fingerprints: Fingerprints) {
    this.#history = history
    this.#fingerprints = fingerprints
    for (const secret of secrets) {
      push(this.#byBlob, secret.oid, secret)
      push(this.#byKin, history.kinOf(secret.path), secret)
      if ('why' in secret.prints) continue
      for (const print of secret.prints) push(this.#byPrint, print, secret)
      push(this.#bySize, this.#sizeOf(secret), secret)
      this.#knowers.set(secret, new Set())
    }
  }

  async look(version: Version, place: FormerPlace): Promise<void> {
    if (version.kind === 'empty') return
    if (!version.isKnown) this.unknown.add(version.path)
    const kin = this.#byKin.get(this.#history.kinOf(version.path)) ?? []
    const closed = kin.filter((secret) => 'why' in secret.prints && mayBeSame(secret, version))
    const same = this.#byBlob.get(version.oid) ?? []
    // What git has twice is the same, whether or not it opens.
    for (const secret of same) this.#note(secret, version, place, null)
    for (const secret of closed)
      if (!same.includes(secret) && 'why' in secret.prints)
        this.#note(secret, version, place, secret.prints.why)
    if (!this.#matters(version)) return
    const prints = await this.#fingerprints.of(version)
    if ('why' in prints) {
      const open = kin.filter((secret) => !('why' in secret.prints) && mayBeSame(secret, version))
      const why = `of the earlier version ${prints.why.replace(/^it /, 'it ')}`
      for (const secret of open) if (!same.includes(secret)) this.#note(secret, version, place, why)
      return
    }
    const found = new Set(prints.flatMap((print) => this.#byPrint.get(print) ?? []))
    for (const secret of found) if (!same.includes(secret)) this.#note(secret, version, place, null)
  }

  #note(secret: CurrentSecret, version: Version, place: FormerPlace, unsure: string | null): void {
    if (version.kind === 'plaintext') {
      if (unsure === null) this.exposed.push({ secret, place })
      return
    }
    for (const key of this.#leaversOf(version.keys, secret.readers)) {
      const why = version.unsure.has(key) ? 'it does not say for whom it was sealed' : null
      this.known.push({ secret, place, key, unsure: unsure ?? why })
      if (unsure === null && why === null) this.#knowers.get(secret)?.add(key)
    }
  }

  /** Whether a version, once open, could tell anything new. */
  #matters(version: Version): boolean {
    const bySize = version.plaintextSize !== null && this.#fingerprints.sizeCounts(version.path)
    const lists = bySize
      ? [this.#bySize.get(this.#sizeOf(version)), this.#bySize.get(-1)]
      : [...this.#bySize.values()]
    return lists.some((secrets) => secrets !== undefined && this.#mattersTo(secrets, version))
  }

  #mattersTo(secrets: CurrentSecret[], version: Version): boolean {
    if (version.kind === 'plaintext') return true
    const at = secrets.findIndex((secret) => {
      const knowers = this.#knowers.get(secret)
      return this.#leaversOf(version.keys, secret.readers).some((key) => knowers?.has(key) !== true)
    })
    // What it mattered to comes first the next time: mostly it does so again.
    if (at > 0) secrets.unshift(...secrets.splice(at, 1))
    return at !== -1
  }

  #sizeOf({ path, plaintextSize }: Pick<Version, 'path' | 'plaintextSize'>): number {
    return this.#fingerprints.sizeCounts(path) ? (plaintextSize ?? -1) : -1
  }

  #leaversOf(keys: ReadonlySet<string>, readers: ReadonlySet<string>): readonly string[] {
    let known = this.#leavers.get(keys)
    if (known === undefined) {
      known = new Map()
      this.#leavers.set(keys, known)
    }
    let leavers = known.get(readers)
    if (leavers === undefined) {
      leavers = [...keys].filter((key) => !readers.has(key))
      known.set(readers, leavers)
    }
    return leavers
  }
}

/** Whether, without a key, nothing says that a version is another plaintext. */
function mayBeSame(secret: CurrentSecret, version: Version): boolean {
  const sizes = [secret.plaintextSize, version.plaintextSize]
  return sizes.includes(null) || sizes[0] === sizes[1]
}

function push<Key>(map: Map<Key, CurrentSecret[]>, key: Key, secret: CurrentSecret): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [secret])
  else list.push(secret)
}
