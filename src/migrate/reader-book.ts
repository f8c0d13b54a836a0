import { parseRecipient } from '../age/recipient.ts'
import { type Readers, readersWithKeys } from '../blob/readers.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Policy } from '../policy/policy.ts'
import { Names, nameFromKey } from '../policy/recipient-names.ts'
import type { ImportPlan, ImportReader } from './import-plan.ts'

/** A recipient that the policy does not have yet. */
export interface NewRecipient {
  readonly name: string
  readonly key: string
}

/**
 * Names of everybody: those of the policy first, then those that the source suggests, then those of the keys' comments,
 * as the source or the user's own files have them.
 */
export class ReaderBook {
  readonly #policy: Policy | null
  readonly #names = new Names()
  /** Canonical key → name. */
  readonly #known = new Map<string, string>()
  readonly #suggested = new Map<string, string>()
  readonly #own = new Map<string, string>()
  readonly #new = new Map<string, NewRecipient>()

  /** @param own public keys of the user */
  constructor(policy: Policy | null, plan: Pick<ImportPlan, 'names'>, own: readonly string[] = []) {
    this.#policy = policy
    for (const [name, key] of policy?.recipients ?? []) {
      this.#names.claimLike(name)
      const { canonical } = parseRecipient(key)
      if (!this.#known.has(canonical)) this.#known.set(canonical, name)
    }
    for (const name of policy?.groups.keys() ?? []) this.#names.claimLike(name)
    for (const [key, name] of plan.names) note(this.#suggested, key, name)
    for (const key of own) note(this.#own, key, nameFromKey(key) ?? '')
  }

  /**
   * The readers, each with a name; who has none yet gets one.
   * @throws NixsecretError `recipient` for a key that is none or keys that may not be mixed, `missing` for a name
   *   that the policy does not have
   */
  readersOf(readers: readonly ImportReader[]): Readers {
    const named = readers.flatMap((reader) =>
      'key' in reader ? [[this.nameOf(reader.key), reader.key] as const] : this.#named(reader.name),
    )
    // One entry a name: a key that the source lists twice is one reader.
    return readersWithKeys([...new Map(named)])
  }

  /** @throws NixsecretError `recipient` for a key that is none */
  nameOf(key: string): string {
    const { canonical } = parseRecipient(key)
    const known = this.#known.get(canonical)
    if (known !== undefined) return known
    const suggested = fitName(this.#suggested.get(canonical) ?? '') ?? nameFromKey(key)
    const wanted = suggested ?? fitName(this.#own.get(canonical) ?? '') ?? 'reader'
    const name = this.#names.claimLike(wanted)
    this.#known.set(canonical, name)
    this.#new.set(name, { name, key: key.trim() })
    return name
  }

  /** A name for a group that is free. */
  claimGroup(wanted: string): string {
    return this.#names.claimLike(fitName(wanted) ?? 'group')
  }

  /** Those of some names that the policy does not have yet, in order of first mention. */
  newAmong(names: Iterable<string>): NewRecipient[] {
    const wanted = new Set(names)
    return [...this.#new.values()].filter(({ name }) => wanted.has(name))
  }

  #named(text: string): (readonly [string, string])[] {
    const names = text.startsWith('@') ? this.#policy?.groups.get(text.slice(1)) : [text]
    return (names ?? [text]).map((name) => {
      const key = this.#policy?.recipients.get(name)
      if (key !== undefined) return [name, key]
      throw new NixsecretError('missing', `nixsecret.toml has no recipient or group ${displayText(text)}`, {
        hints: ['git nixsecret recipient list'],
      })
    })
  }
}

/** The nearest name that a policy may have; case stays, since people chose it. Null where nothing is left. */
function fitName(text: string): string | null {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '')
  return name === '' ? null : name.slice(0, 60)
}

function note(names: Map<string, string>, key: string, name: string): void {
  const canonical = canonicalOf(key)
  if (canonical !== null && !names.has(canonical)) names.set(canonical, name)
}

function canonicalOf(key: string): string | null {
  try {
    return parseRecipient(key).canonical
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
