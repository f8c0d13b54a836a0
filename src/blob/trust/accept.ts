import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { Repository } from '../../git/repository.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import { Accepted } from './accepted.ts'
import { canonical } from './canonical.ts'
import { addDocuments, knownPaths, withSets } from './known-paths.ts'
import { linesOf, observe } from './observe.ts'
import { observedPolicies, soundPolicy } from './observed-policies.ts'
import { unprotected } from './pending.ts'
import { type Present, withPresent } from './present.ts'
import { loadTrust, saveTrust } from './trust-state.ts'

/**
 * Accepts all that holds in this work tree now: policy, attributes, and which ciphertext is where. To be called once the
 * user has seen what `pending` says and agreed.
 * @throws NixsecretError `policy` where there is no policy or it does not parse, `io`
 */
export async function accept(repo: Repository): Promise<void> {
  await withPresent(repo, async (present) => acceptPresent(present))
}

/** Where there is nothing that could be accepted. */
export function noPolicy(): NixsecretError {
  return new NixsecretError('policy', 'there is no nixsecret.toml that says who may read what', {
    hints: ['git nixsecret init'],
  })
}

/** The same of what was looked at; nothing that came later is accepted by it. */
export async function acceptPresent(present: Present): Promise<void> {
  const { repo, policy, head, files } = present
  if (policy === null) throw noPolicy()
  const { state } = loadTrust(repo)
  const sets = withSets(state, [policy])
  await addDocuments(sets, present, { known: new Map(), anew: true })
  saveTrust(repo, {
    at: head,
    policies: [policy.text],
    attributes: linesOf(present),
    paths: new Map(files),
    sets,
  })
}

/**
 * A change of the policy or of the attributes that is this user's own word: it is accepted along with making it, and with
 * it nothing that was pending before.
 */
export class OwnChange {
  readonly #repo: Repository
  readonly #before: Accepted
  readonly #policyWhole: boolean
  readonly #attributesWhole: boolean
  readonly #paths: ReadonlyMap<BytePath, string>

  private constructor(
    repo: Repository,
    before: Accepted,
    whole: { readonly policy: boolean; readonly attributes: boolean },
    paths: ReadonlyMap<BytePath, string>,
  ) {
    this.#repo = repo
    this.#before = before
    this.#policyWhole = whole.policy
    this.#attributesWhole = whole.attributes
    this.#paths = paths
  }

  /**
   * Looks at what holds before the change is made.
   * @throws NixsecretError `policy` where the policy does not parse
   */
  static async begin(repo: Repository): Promise<OwnChange> {
    await observe(repo)
    return withPresent(repo, async (present) => {
      const accepted = await Accepted.load(repo)
      const whole = {
        policy: accepted.state !== null && isWhole(present, accepted),
        attributes: (await unprotected(present, accepted)).length === 0,
      }
      return new OwnChange(repo, accepted, whole, await knownPaths(present, accepted))
    })
  }

  /**
   * Accepts the change, once it is made. Where nothing was ever accepted here, nothing is now.
   * @param edit the same change of another text, where other things are pending; what it can't change stays as it is
   * @returns whether everything is accepted now
   */
  async accept(edit: (text: string) => string): Promise<boolean> {
    const { state } = this.#before
    if (state === null) return false
    return withPresent(this.#repo, async (present) => {
      const { policy, head } = present
      if (policy === null) return false
      const policies = this.#policyWhole ? [policy.text] : editedPolicies(state.policies, edit, policy.text)
      const attributes = this.#attributesWhole ? linesOf(present) : state.attributes
      const next = { at: head, policies, attributes, paths: this.#paths, sets: withSets(state, [policy]) }
      const accepted = await Accepted.of({ state: next, problem: null })
      const paths = await knownPaths(present, accepted)
      // What nobody is to encrypt any more has not lost anything: it is the user who says so.
      if (this.#attributesWhole)
        for (const path of paths.keys()) if (!present.files.has(path)) paths.delete(path)
      saveTrust(this.#repo, { ...next, paths })
      return this.#policyWhole && this.#attributesWhole
    })
  }
}

function isWhole({ policy, files }: Present, accepted: Accepted): boolean {
  if (policy === null || accepted.isWhole(policy)) return true
  const paths = [...files.keys()]
  return comparePolicies(accepted.policies, policy, { paths, canonical }).length === 0
}

/** Where one of them can't be changed so, what the change takes away is observed all the same. */
function editedPolicies(
  texts: readonly string[],
  edit: (text: string) => string,
  now: string,
): readonly string[] {
  const edited = texts.map((text) => editedOrNull(text, edit))
  const next = edited.map((text, i) => text ?? (texts[i] as string))
  return edited.includes(null) ? observedPolicies(next, now) : next
}

function editedOrNull(text: string, edit: (text: string) => string): string | null {
  try {
    const next = edit(text)
    return soundPolicy(next) === null ? null : next
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
