import { parseRecipient } from '../age/recipient.ts'
import { convertedRecipient } from '../age/ssh/converted-key.ts'
import type { BytePath } from '../byte-path.ts'
import { recipientsDigest } from '../policy/digest.ts'
import type { Policy } from '../policy/policy.ts'
import { readersOf } from '../policy/readers-of.ts'

/** Sets that are tried for what they have in common; of more, the latest. */
const MOST_CROSSED = 150

/**
 * Every set of readers that some policies name for any path. A blob names no X25519 reader, but it carries the digest of
 * all of them, and so tells which of the sets it was sealed for.
 */
export class ReaderSets {
  /** In the order in which they were added. */
  readonly policies: Policy[] = []
  readonly #byDigest = new Map<string, ReadonlySet<string>>()
  readonly #names = new Map<string, string[]>()
  readonly #byPath = new Map<BytePath, ReadonlySet<string>>()
  #converted: Map<string, string> | null = null
  #crossed = false

  /** Takes the sets of a policy in; later ones are the newer ones. */
  add(policy: Policy): void {
    this.policies.push(policy)
    this.#byPath.clear()
    this.#converted = null
    this.#crossed = false
    for (const [name, key] of policy.recipients) this.#name(parseRecipient(key).canonical, name)
    for (const { to } of [policy.default, ...policy.rules]) {
      if (to === null) continue
      const keys = keysOf(policy, to)
      this.#byDigest.set(recipientsDigest([...keys]), keys)
    }
  }

  /** The canonical keys behind a digest; null where no policy names such a set, nor what two of the sets share. */
  keysOf(digest: string): ReadonlySet<string> | null {
    const known = this.#byDigest.get(digest)
    if (known !== undefined || this.#crossed) return known ?? null
    this.#cross()
    return this.#byDigest.get(digest) ?? null
  }

  /** Every key that any of the policies lets read a path. */
  everNamed(path: BytePath): ReadonlySet<string> {
    let keys = this.#byPath.get(path)
    if (keys === undefined) {
      const sets = this.policies.map((policy) => keysOf(policy, readersOf(policy, path) ?? []))
      keys = new Set(sets.flatMap((set) => [...set]))
      this.#byPath.set(path, keys)
    }
    return keys
  }

  /** What a key was called, the latest name first; empty where no policy has it. */
  namesOf(key: string): readonly string[] {
    return this.#names.get(key) ?? []
  }

  /** Whether any policy has had that name. */
  hasName(name: string): boolean {
    return this.policies.some(({ recipients }) => recipients.has(name))
  }

  /** The key of a policy behind the X25519 key that was made of it, as it stands in a SOPS document; else the key itself. */
  originOf(key: string): string {
    // Points are converted in JavaScript, which takes a millisecond each, and few repositories have such documents.
    if (this.#converted === null) {
      this.#converted = new Map()
      for (const origin of this.#names.keys()) {
        const converted = convertedRecipient(parseRecipient(origin))
        if (converted !== null) this.#converted.set(converted.canonical, origin)
      }
    }
    return this.#converted.get(key) ?? key
  }

  #name(key: string, name: string): void {
    const names = this.#names.get(key)
    if (names === undefined) {
      this.#names.set(key, [name])
    } else if (names[0] !== name) {
      const at = names.indexOf(name)
      if (at !== -1) names.splice(at, 1)
      names.unshift(name)
    }
  }

  /** While a change of readers is not accepted, files are sealed for those that both sets have. */
  #cross(): void {
    this.#crossed = true
    const sets = [...this.#byDigest.values()].slice(-MOST_CROSSED)
    for (const [i, one] of sets.entries()) {
      for (const other of sets.slice(i + 1)) {
        const both = [...one].filter((key) => other.has(key))
        if (both.length === 0 || both.length === one.size || both.length === other.size) continue
        const digest = recipientsDigest(both)
        if (!this.#byDigest.has(digest)) this.#byDigest.set(digest, new Set(both))
      }
    }
  }
}

function keysOf(policy: Policy, names: readonly string[]): Set<string> {
  return new Set(names.map((name) => parseRecipient(policy.recipients.get(name) ?? '').canonical))
}
