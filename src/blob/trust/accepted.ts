import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { recipientsDigest } from '../../policy/digest.ts'
import type { Format, Policy } from '../../policy/policy.ts'
import { formatOf, readersOf, storeOf } from '../../policy/readers-of.ts'
import type { policyFrom } from '../policy-from.ts'
import { type Readers, readersFor, readersWithKeys } from '../readers.ts'
import { canonical } from './canonical.ts'
import { currentTrust, type TrustScene } from './current-trust.ts'
import type { FormerBlob } from './moved/former-blob.ts'
import type { LoadedTrust, TrustState } from './trust-state.ts'

/** For whom a path may be sealed now. */
export interface Restricted {
  /** Those whom the policy names and who are accepted; null where that leaves nobody. */
  readonly readers: Readers | null
  readonly format: Format
  /** Whether that is less than the policy says, so that something is to be accepted first. */
  readonly pending: boolean
  /** Names in the policy of those who are left out. */
  readonly newcomers: readonly string[]
  /** Whether some are left out only since they could not read what git has at the path so far. */
  readonly moved: boolean
  /** Why nobody is left, where that is for another reason. */
  readonly fault?: NixsecretError
}

/**
 * What this user has accepted, to be asked of any path, one that does not exist yet too. Keys count, not names.
 * It holds for one moment: load it anew where time passes.
 */
export class Accepted {
  /** Null where nothing was accepted yet. */
  readonly state: TrustState | null
  /** Why nothing is accepted although something was. */
  readonly problem: string | null
  readonly #parse: typeof policyFrom
  #policies: readonly Policy[] | null = null
  readonly #sets = new Map<Policy, ReadonlyMap<string, ReadonlySet<string>>>()

  private constructor({ state, problem }: LoadedTrust, parse: typeof policyFrom) {
    this.state = state
    this.problem = problem
    this.#parse = parse
  }

  /**
   * Reads what was accepted: see {@link currentTrust}.
   * @param policy that is about to hold
   * @throws NixsecretError `git`
   */
  static async load(scene: TrustScene, policy: Policy | null): Promise<Accepted> {
    return Accepted.of(await currentTrust(scene, policy))
  }

  /** What a state says. */
  static async of(loaded: LoadedTrust): Promise<Accepted> {
    // Loaded here, since a checkout needs none of it.
    const { policyFrom } = await import('../policy-from.ts')
    return new Accepted(loaded, policyFrom)
  }

  /** The policies that were accepted, or observed since; what counts is what all of them give. Parsed when asked for. */
  get policies(): readonly Policy[] {
    this.#policies ??= parsed(this.state?.policies ?? [], this.#parse)
    return this.#policies
  }

  /** Whether a policy is just the one that was accepted. */
  isWhole(policy: Policy): boolean {
    return this.state?.policies.length === 1 && this.state.policies[0] === policy.text
  }

  /** Keys that may read a path, in canonical form, as far as policies go. */
  keysOf(path: BytePath): ReadonlySet<string> {
    const sets = this.policies.map((policy) => keysAt(policy, path))
    return new Set([...(sets[0] ?? [])].filter((key) => sets.every((keys) => keys.has(key))))
  }

  /** Whether the plaintext of a path may enter the Nix store. */
  storeOf(path: BytePath): 'plaintext' | null {
    return this.#every((policy) => storeOf(policy, path) === 'plaintext') ? 'plaintext' : null
  }

  /** `sops` shows more than `age` does, and so is what has to be accepted. */
  formatOf(path: BytePath): Format {
    return this.#every((policy) => formatOf(policy, path) === 'sops') ? 'sops' : 'age'
  }

  /** What a path shows more than ciphertext for its readers, where that or the blob is not accepted there. */
  shows(policy: Policy, path: BytePath, oid: string): ('store' | 'format')[] {
    if (this.state === null) return []
    const isKnown = this.state.paths.get(path) === oid
    const shown: ('store' | 'format')[] = []
    if (formatOf(policy, path) === 'sops' && !(isKnown && this.formatOf(path) === 'sops'))
      shown.push('format')
    if (storeOf(policy, path) !== null && !(isKnown && this.storeOf(path) !== null)) shown.push('store')
    return shown
  }

  /**
   * For whom a path may be sealed: whom the policy names, without those who are not accepted, and without those who could
   * not read what git has there, where that is not what was there when it was accepted.
   * @param former what the plaintext may come from: the path's blobs in git, all sides of a merge
   * @throws NixsecretError `policy` where the policy names nobody
   */
  restrict(policy: Policy, path: BytePath, former: readonly (FormerBlob | null)[]): Restricted {
    const wanted = readersFor(policy, path)
    const format = formatOf(policy, path)
    const whole = this.isWhole(policy)
    const accepted = whole ? null : this.keysOf(path)
    const before = former.flatMap((blob) =>
      blob === null ? [] : [this.#formerKeys(policy, path, blob, wanted)],
    )
    const isIn = (key: string) =>
      (accepted === null || accepted.has(key)) && before.every((keys) => keys === null || keys.has(key))
    const keys = wanted.recipients.map(({ canonical }) => canonical)
    const left = keys.filter(isIn)
    const agreed = whole ? format : format === 'sops' ? this.formatOf(path) : format
    if (left.length === keys.length)
      return { readers: wanted, format: agreed, pending: agreed !== format, newcomers: [], moved: false }
    const named = wanted.names.map((name) => [name, policy.recipients.get(name) ?? ''] as const)
    const inside = named.filter(([, key]) => isIn(canonical(key)))
    return {
      readers: inside.length === 0 ? null : readersWithKeys(inside),
      format: agreed,
      pending: true,
      newcomers: named.filter((one) => !inside.includes(one)).map(([name]) => name),
      moved: keys.some((key) => !isIn(key) && (accepted === null || accepted.has(key))),
    }
  }

  /**
   * Keys that could read a blob; null where that does not matter: it is what was accepted at this path, or sealed for just
   * those who are to read it.
   */
  #formerKeys(
    policy: Policy,
    path: BytePath,
    { oid, digest, keys, marks }: FormerBlob,
    wanted: Readers,
  ): ReadonlySet<string> | null {
    if (this.state?.paths.get(path) === oid || digest === wanted.digest) return null
    if (keys !== null) {
      // Whom it names anybody may have written there; whom its data key was sealed for before, nobody.
      const sets = marks.flatMap((mark) => {
        const set = this.state?.sets.get(mark)
        return set === undefined ? [] : [new Set(set)]
      })
      return new Set([...keys].filter((key) => sets.every((set) => set.has(key))))
    }
    if (digest === null) return NOBODY
    return this.keysBehind(digest, policy) ?? this.#restrictedBehind(digest, path, wanted) ?? NOBODY
  }

  /** The same of what was sealed here while something was not accepted, for a part of a known set. */
  #restrictedBehind(digest: string, path: BytePath, wanted: Readers): ReadonlySet<string> | null {
    const accepted = this.keysOf(path)
    const left = wanted.recipients.map(({ canonical }) => canonical).filter((key) => accepted.has(key))
    const parts = [...(this.state?.sets.values() ?? [])].map((set) => left.filter((key) => set.includes(key)))
    const found = [left, ...parts].find((part) => recipientsDigest(part) === digest)
    return found === undefined ? null : new Set(found)
  }

  /**
   * Accepted readers of a path who could not read the ciphertext that git has there, in canonical form. None where it is
   * what was accepted there, or what they can read.
   */
  movedKeys(policy: Policy, path: BytePath, former: FormerBlob): string[] {
    if (readersOf(policy, path) === null) return []
    const wanted = readersFor(policy, path)
    const before = this.#formerKeys(policy, path, former, wanted)
    if (before === null) return []
    const accepted = this.keysOf(path)
    const keys = wanted.recipients.map(({ canonical }) => canonical)
    return keys.filter((key) => accepted.has(key) && !before.has(key))
  }

  /** The set of keys that a digest stands for; a digest tells no lies of that, wherever the set is found. */
  keysBehind(digest: string, policy: Policy | null): ReadonlySet<string> | null {
    const known = this.state?.sets.get(digest)
    if (known !== undefined) return new Set(known)
    for (const one of [...this.policies, ...(policy === null ? [] : [policy])]) {
      let sets = this.#sets.get(one)
      if (sets === undefined) {
        sets = readerSets(one)
        this.#sets.set(one, sets)
      }
      const found = sets.get(digest)
      if (found !== undefined) return found
    }
    return null
  }

  /** Why a path can't be sealed as the policy says, and what to do. */
  refusal(
    path: BytePath,
    { newcomers, moved, fault }: Pick<Restricted, 'newcomers' | 'moved' | 'fault'>,
  ): NixsecretError {
    return fault ?? notAccepted(`${displayPath(path)}: `, this, newcomers, moved)
  }

  #every(test: (policy: Policy) => boolean): boolean {
    return this.policies.length > 0 && this.policies.every(test)
  }
}

const NOBODY: ReadonlySet<string> = new Set()

/** The refusal of what is not accepted. @param what begins the message, with ": " at its end */
export function notAccepted(
  what: string,
  { state, problem }: Accepted,
  names: readonly string[],
  moved = false,
): NixsecretError {
  // Names of a policy are letters, digits and punctuation.
  const shown = names.slice(0, 5).join(', ')
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  let why = 'you have not accepted a change of who may read what'
  if (state === null) {
    const gone = problem === null ? '' : ` (${problem})`
    why = `you have not accepted yet who may read the secrets of this repository${gone}`
  } else if (names.length > 0) {
    why = moved
      ? `what git has there was not encrypted for ${shown}${more}, and you have not accepted that they may read it`
      : `you have not accepted that ${shown}${more} may read it`
  }
  return new NixsecretError('refused', `${what}${why}`, { hints: TRUST_HINTS })
}

/** What to run where something is not accepted. */
export const TRUST_HINTS: readonly string[] = ['git nixsecret trust']

/** Every set of readers that a policy names somewhere, by its digest. */
export function readerSets(policy: Policy): Map<string, ReadonlySet<string>> {
  const sets = new Map<string, ReadonlySet<string>>()
  for (const { to } of [...policy.rules, policy.default]) {
    if (to === null) continue
    const keys = new Set(to.map((name) => canonical(policy.recipients.get(name) ?? '')))
    sets.set(recipientsDigest([...keys]), keys)
  }
  return sets
}

/** Of one list of names, which a policy has for many paths. */
const keySets = new WeakMap<readonly string[], ReadonlySet<string>>()

function keysAt(policy: Policy, path: BytePath): ReadonlySet<string> {
  const names = readersOf(policy, path)
  if (names === null) return NOBODY
  let keys = keySets.get(names)
  if (keys === undefined) {
    keys = new Set(names.map((name) => canonical(policy.recipients.get(name) ?? '')))
    keySets.set(names, keys)
  }
  return keys
}

/** One that does not parse gives nobody anything, and so leaves nothing of the others. */
function parsed(texts: readonly string[], parse: typeof policyFrom): Policy[] {
  try {
    return texts.map((text) => parse(text))
  } catch (fault) {
    if (fault instanceof NixsecretError) return []
    throw fault
  }
}
