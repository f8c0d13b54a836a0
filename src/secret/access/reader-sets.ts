import { type AgeRecipient, parseRecipient } from '../../age/recipient.ts'
import type { Past } from '../../blob/past.ts'
import { POLICY_FILE } from '../../blob/policy-file-name.ts'
import { policyFrom } from '../../blob/policy-from.ts'
import type { ObjectContent } from '../../git/cat-file.ts'
import { tryGit } from '../../git/run-git.ts'
import { recipientsDigest } from '../../policy/digest.ts'
import type { Policy } from '../../policy/policy.ts'

/** Commits that changed the policy, looked at most. */
const MOST_COMMITS = 200
/** Bytes; what is larger is no policy. */
const MAX_POLICY_BYTES = 4 << 20

/** A set of keys that some policy names together. */
export interface ReaderSet {
  readonly recipients: readonly AgeRecipient[]
  /** Canonical key → the names that the policy has for it. */
  readonly names: ReadonlyMap<string, readonly string[]>
  /** Of the keys. */
  readonly digest: string
}

// The policy's own lists: one for all paths that a rule names.
const known = new WeakMap<readonly string[], ReaderSet>()

/**
 * The sets of readers that policies name, by their digest: a header names no X25519 reader, but it carries the digest of
 * all readers, and some version of the policy has a rule for just those. Earlier versions are read only once they are
 * needed, newest first.
 */
export class ReaderSets {
  readonly #sets = new Map<string, ReaderSet>()
  readonly #policies: AsyncGenerator<Policy>
  readonly #seen: Policy[] = []

  /** @param policies earlier ones, newest first */
  constructor(current: Policy | null, policies: AsyncGenerator<Policy>) {
    this.#policies = policies
    if (current !== null) this.#add(current)
  }

  /** The set that a digest stands for, or null where no policy has it. */
  async find(digest: string): Promise<ReaderSet | null> {
    for (;;) {
      const set = this.#sets.get(digest)
      if (set !== undefined) return set
      const next = await this.#policies.next()
      if (next.done) return null
      this.#add(next.value)
    }
  }

  /** The names that some policy has for a key, or for one whose form in a SOPS document it is; none: it is no policy's. */
  async namesOf(key: string, forms: (recipient: AgeRecipient) => readonly AgeRecipient[]): Promise<string[]> {
    for (let i = 0; ; i++) {
      if (i === this.#seen.length) {
        const next = await this.#policies.next()
        if (next.done) return []
        this.#add(next.value)
      }
      const { recipients } = this.#seen[i] as Policy
      const names = [...recipients].filter(([, text]) =>
        forms(parseRecipient(text)).some(({ canonical }) => canonical === key),
      )
      if (names.length > 0) return names.map(([name]) => name)
    }
  }

  #add(policy: Policy): void {
    this.#seen.push(policy)
    const lists = [policy.default.to, ...policy.rules.map(({ to }) => to)]
    for (const names of lists) {
      if (names === null) continue
      const set = readerSet(policy, names)
      if (!this.#sets.has(set.digest)) this.#sets.set(set.digest, set)
    }
  }
}

/** The set of names as a policy lists them. */
export function readerSet(policy: Policy, names: readonly string[]): ReaderSet {
  const before = known.get(names)
  if (before !== undefined) return before
  const byKey = new Map<string, string[]>()
  const recipients = new Map<string, AgeRecipient>()
  for (const name of names) {
    const recipient = parseRecipient(policy.recipients.get(name) ?? '')
    recipients.set(recipient.canonical, recipient)
    byKey.set(recipient.canonical, [...(byKey.get(recipient.canonical) ?? []), name])
  }
  const set = {
    recipients: [...recipients.values()],
    names: byKey,
    digest: recipientsDigest([...byKey.keys()]),
  }
  known.set(names, set)
  return set
}

/**
 * The versions of the policy that a commit has behind it, newest first, each once; those that don't parse are left out.
 */
export async function* earlierPolicies({ catFile, place }: Past, from: string): AsyncGenerator<Policy> {
  const args = ['log', `-${MOST_COMMITS}`, '--format=%H', '--end-of-options', from, '--', `:/${POLICY_FILE}`]
  const commits = (await tryGit(args, place)).stdout.toString('latin1').split('\n').slice(0, -1)
  // The version before a change is the parent's, in case it came by a merge.
  const names = [from, ...commits.flatMap((commit) => [commit, `${commit}^`])]
  const blobs = await Promise.all(names.map((name) => catFile.info(`${name}:${POLICY_FILE}`)))
  const oids = new Set(
    blobs.flatMap((blob) => (blob !== null && blob.size <= MAX_POLICY_BYTES ? [blob.oid] : [])),
  )
  for (const oid of oids) {
    const policy = policyOrNull(await catFile.get(oid))
    if (policy !== null) yield policy
  }
}

function policyOrNull(blob: ObjectContent | null): Policy | null {
  try {
    return blob === null ? null : policyFrom(blob.content.toString('utf8'))
  } catch {
    // An earlier version that does not parse tells nothing.
    return null
  }
}
