import { type AgeRecipient, parseRecipient } from '../../age/recipient.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Reader } from './matrix.ts'
import type { ReaderSet } from './reader-sets.ts'

interface Entry {
  readonly key: string
  readonly names: Set<string>
  current: boolean
}

/** Everybody that a matrix has a column for, each key once, in the order in which they were met. */
export class ReaderList {
  readonly #current: Policy | null
  readonly #own: ReadonlySet<string>
  readonly #index = new Map<string, number>()
  readonly #keys: Entry[] = []
  readonly #places = new Map<ReaderSet, ReadonlySet<number>>()
  readonly #recipients: (AgeRecipient | null)[] = []

  /** @param own canonical public keys of the user's */
  constructor(current: Policy | null, own: ReadonlySet<string>) {
    this.#current = current
    this.#own = own
    for (const [name, key] of current?.recipients ?? []) {
      const recipient = parseRecipient(key)
      const at = this.add(recipient.canonical, [name], recipient)
      const entry = this.#keys[at] as Entry
      entry.current = true
      entry.names.add(name)
    }
  }

  /** The places of a set's keys. */
  places(set: ReaderSet): ReadonlySet<number> {
    let places = this.#places.get(set)
    if (places === undefined) {
      places = new Set([...set.names].map(([key, names]) => this.add(key, names)))
      this.#places.set(set, places)
    }
    return places
  }

  get size(): number {
    return this.#keys.length
  }

  /** The key of a reader of the policy; null where only an old policy, or a document, has it. */
  recipient(at: number): AgeRecipient | null {
    return this.#recipients[at] ?? null
  }

  /** The keys of the policy's readers. */
  recipients(): AgeRecipient[] {
    return this.#recipients.filter((recipient) => recipient !== null)
  }

  keyOf(at: number): string {
    return this.#keys[at]?.key ?? ''
  }

  /**
   * The place of a key; a key that is new here gets one.
   * @param names that it had, where the policy has none
   */
  add(key: string, names: readonly string[], recipient: AgeRecipient | null = null): number {
    const known = this.#index.get(key)
    if (known !== undefined) return known
    const at = this.#keys.push({ key, names: new Set(names), current: false }) - 1
    this.#recipients.push(recipient)
    this.#index.set(key, at)
    return at
  }

  /** All, in order. */
  readers(): Reader[] {
    const taken = new Set<string>()
    // Who is in the policy keeps the name.
    const labels = new Map<string, string>()
    for (const entry of [...this.#keys].sort((a, b) => Number(b.current) - Number(a.current)))
      labels.set(entry.key, claim(taken, entry.key, [...entry.names][0]))
    return this.#keys.map(({ key, names, current }) => ({
      key,
      names: names.size === 0 ? [key] : [...names],
      label: labels.get(key) as string,
      groups: current ? this.#groupsOf(names) : [],
      own: this.#own.has(key),
      current,
    }))
  }

  /** Groups of the policy, by the places of their members. */
  groups(): Map<string, number[]> {
    const groups = new Map<string, number[]>()
    const byName = new Map(
      this.#keys.flatMap(({ names, current }, at) =>
        current ? [...names].map((name) => [name, at] as const) : [],
      ),
    )
    for (const [group, members] of this.#current?.groups ?? [])
      groups.set(group, [...new Set(members.flatMap((name) => byName.get(name) ?? []))])
    return groups
  }

  #groupsOf(names: ReadonlySet<string>): string[] {
    const groups = [...(this.#current?.groups ?? [])]
    return groups.filter(([, members]) => members.some((name) => names.has(name))).map(([group]) => group)
  }
}

/** A label that nobody has yet: the name, or the name and the end of the key. */
function claim(taken: Set<string>, key: string, name: string | undefined): string {
  const tail = key.slice(-8)
  const choices = name === undefined ? [key] : [name, `${name} …${tail}`, `${name} ${key}`]
  const label = choices.find((choice) => !taken.has(choice)) ?? key
  taken.add(label)
  return label
}
