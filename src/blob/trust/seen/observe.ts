import type { Repository } from '../../../git/repository.ts'
import { tryGit } from '../../../git/run-git.ts'
import { Accepted } from '../accepted.ts'
import { attributesDifference } from '../attributes/attributes-difference.ts'
import { addDocuments, knownPaths, withSets } from '../moved/known-paths.ts'
import { gitAt, headOf, type Present, type TrustGit, withPresent } from '../present.ts'
import { loadTrust, saveTrust, type TrustState, trustStamp } from '../trust-state.ts'
import { seenPolicies } from './seen-policies.ts'

/** Bytes of lines of `.gitattributes`. */
const MAX_LINES = 1 << 20

/**
 * Takes note of what commits have taken away since something was last accepted or observed, so that who was removed and
 * comes back is new again. Nothing is accepted by it. Where HEAD does not come after what was accepted, as on a branch
 * that was left behind, nothing is noted.
 * @throws NixsecretError `policy` where the policy that holds does not parse, `io`
 */
export async function observe(repo: Repository): Promise<void> {
  const { state } = loadTrust(repo)
  if (state === null || state.at === (await headOf(gitAt(repo)))) return
  await withPresent(repo, observeHere)
}

/**
 * The same of what was looked at.
 * @throws NixsecretError `io`, `git`
 */
export async function observeHere(present: Present): Promise<void> {
  const { repo, git, head } = present
  // Somebody else may write it meanwhile. What is not noted in the end is found again, for `at` stays.
  for (let tries = 0; tries < 3; tries++) {
    const stamp = trustStamp(repo)
    const { state } = loadTrust(repo)
    if (state === null || head === null || head === state.at || !(await comesAfter(state.at, head, git)))
      return
    const next = await observed(state, head, present)
    if (next === null) return
    if (stamp === trustStamp(repo)) return saveTrust(repo, next)
  }
}

/** Whether HEAD comes after what was accepted, or that is nowhere any more. */
async function comesAfter(at: string | null, head: string, git: TrustGit): Promise<boolean> {
  if (at === null || (await tryGit(['merge-base', '--is-ancestor', at, head], git)).code === 0) return true
  // It may have been amended or rebased away; on another branch it still is.
  const there = await tryGit(['for-each-ref', '--count=1', '--contains', at], git)
  return there.code !== 0 || there.stdout.length === 0
}

/** @returns null where it can't be told yet what the commits mean */
async function observed(state: TrustState, head: string, present: Present): Promise<TrustState | null> {
  const { policy, git } = present
  const seen = { tip: head, at: state.at, own: true, policy }
  const { policies, open } = await seenPolicies(state.policies, seen, git)
  if (open) return null
  const sets = new Map(state.sets)
  await addDocuments(sets, present, { known: state.paths, anew: false })
  const accepted = await Accepted.of({ state: { ...state, policies, sets }, problem: null })
  const lost = attributesDifference(state.attributes, present.attributes).length > 0
  return {
    at: head,
    policies,
    attributes: lost || isTooMuch(present) ? state.attributes : linesOf(present),
    paths: await knownPaths(present, accepted),
    sets: withSets(accepted.state, accepted.policies),
  }
}

/** Lines that only protect need not be known; who can push could fill what is kept, until it holds nothing. */
function isTooMuch({ attributes }: Present): boolean {
  let left = MAX_LINES
  for (const lines of attributes.values()) for (const { line } of lines) left -= line.length + 1
  return left < 0
}

/** Lines that bear on `filter`, as they are kept. */
export function linesOf({ attributes }: Present): Map<Parameters<typeof attributes.get>[0], string[]> {
  return new Map([...attributes].map(([file, lines]) => [file, lines.map(({ line }) => line)]))
}
