import type { CatFile } from '../../git/cat-file.ts'
import type { Repository } from '../../git/repository.ts'
import type { GitOptions } from '../../git/run-git.ts'
import type { Policy } from '../../policy/policy.ts'
import { mergedHere } from './history/tips-here.ts'
import { type LoadedTrust, loadTrust, trustStamp } from './trust-state.ts'

/** Where trust is asked for. */
export interface TrustScene {
  readonly repo: Repository
  readonly catFile: CatFile
  readonly git: Pick<GitOptions, 'cwd' | 'env'>
}

/** What decides what {@link currentTrust} says, but for the policy. */
export interface Moment {
  readonly stamp: string
  /** Id of HEAD's commit; null before the first. */
  readonly head: string | null
  /** Ids of commits that are being merged into it. */
  readonly merged: readonly string[]
}

/** Reads where things stand; costs one question to git, and two small files. */
export async function momentOf({ repo, catFile }: TrustScene): Promise<Moment> {
  const head = (await catFile.info('HEAD^{commit}'))?.oid ?? null
  return { stamp: trustStamp(repo), head, merged: mergedHere(repo) }
}

/**
 * What was accepted, less what the commits since have taken away: whatever git and its hooks did on the way to HEAD, who
 * was removed and comes back is new. Nothing is written down.
 * @param policy that is about to hold; null where there is none
 * @throws NixsecretError `git`
 */
export async function currentTrust(
  scene: TrustScene,
  policy: Policy | null,
  moment?: Moment,
): Promise<LoadedTrust> {
  const loaded = loadTrust(scene.repo)
  if (loaded.state === null) return loaded
  const { state } = loaded
  const { head, merged } = moment ?? (await momentOf(scene))
  const isAhead = head !== null && head !== state.at
  if (!isAhead && merged.length === 0) return loaded
  const { seenPolicies } = await import('./seen/seen-policies.ts')
  let { policies } = state
  if (isAhead)
    ({ policies } = await seenPolicies(policies, { tip: head, at: state.at, own: true, policy }, scene.git))
  for (const tip of merged)
    ({ policies } = await seenPolicies(policies, { tip, at: head, own: false, policy }, scene.git))
  return { state: { ...state, policies }, problem: null }
}
