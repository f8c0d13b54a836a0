import { NixsecretError } from '../../errors.ts'
import type { Repository } from '../../git/repository.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import { Accepted } from './accepted.ts'
import { canonical } from './canonical.ts'
import { addDocuments, knownPaths, withSets } from './moved/known-paths.ts'
import { unprotected } from './pending.ts'
import { type Present, withPresent } from './present.ts'
import { linesOf, observe } from './seen/observe.ts'
import { observedPolicies, soundPolicy } from './seen/observed-policies.ts'
import { loadTrust, saveTrust, type TrustState } from './trust-state.ts'

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
  readonly #state: TrustState | null
  readonly #before: Before

  private constructor(repo: Repository, state: TrustState | null, before: Before) {
    this.#repo = repo
    this.#state = state
    this.#before = before
  }

  /**
   * Looks at what holds before the change is made.
   * @throws NixsecretError `policy` where the policy does not parse
   */
  static async begin(repo: Repository): Promise<OwnChange> {
    await observe(repo)
    return withPresent(repo, async (present) => {
      const accepted = await Accepted.load(present, present.policy)
      return new OwnChange(repo, accepted.state, {
        head: present.head,
        policyWhole: accepted.state !== null && isWhole(present, accepted),
        attributesWhole: (await unprotected(present, accepted)).length === 0,
        policy: present.policy?.text ?? null,
        attributes: linesOf(present),
        paths: await knownPaths(present, accepted),
      })
    })
  }

  /**
   * Accepts the change, once it is made: that, and nothing that somebody else wrote meanwhile. Where nothing was ever
   * accepted here, nothing is now.
   * @param edit what was done to the policy; of what is accepted beside other things that are pending, the same is made
   * @param made what else the command did: a policy where there was none, lines of `.gitattributes`
   * @returns whether everything is accepted now
   */
  async accept(
    edit: (text: string) => string,
    made: { readonly policy?: string | null; readonly attributes?: boolean } = {},
  ): Promise<boolean> {
    const state = this.#state
    if (state === null) return false
    // What comes to HEAD meanwhile is still to be seen.
    const { head, policyWhole, attributesWhole, policy: before, attributes: lines, paths } = this.#before
    return withPresent(this.#repo, async (present) => {
      const { policy } = present
      if (policy === null) return false
      const own = before === null ? (made.policy ?? null) : editedOrNull(before, edit)
      const policies =
        policyWhole && own !== null ? [own] : editedPolicies(state.policies, edit, own ?? policy.text)
      const now = made.attributes === true ? linesOf(present) : lines
      const attributes = attributesWhole ? now : state.attributes
      const sets = withSets(state, [policy])
      const accepted = await Accepted.of({
        state: { at: head, policies, attributes, paths, sets },
        problem: null,
      })
      const known = await knownPaths(present, accepted)
      // What nobody is to encrypt any more has not lost anything: it is the user who says so.
      const isOwn = attributesWhole && made.attributes === true
      if (isOwn) for (const path of known.keys()) if (!present.files.has(path)) known.delete(path)
      const next = { at: head, policies, attributes, sets, paths: known }
      saveTrust(this.#repo, next)
      const isLeft =
        (await unprotected(present, await Accepted.of({ state: next, problem: null }))).length > 0
      return policyWhole && own === policy.text && !isLeft
    })
  }
}

/** What held before a change was made. */
interface Before {
  readonly head: string | null
  /** Whether nothing was pending. */
  readonly policyWhole: boolean
  readonly attributesWhole: boolean
  readonly policy: string | null
  readonly attributes: TrustState['attributes']
  readonly paths: TrustState['paths']
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
