import type { CatFile } from '../../git/cat-file.ts'
import type { Repository } from '../../git/repository.ts'
import { tryGit } from '../../git/run-git.ts'
import { POLICY_FILE } from '../policy-file-name.ts'
import { Accepted } from './accepted.ts'
import { attributesDifference } from './attributes-difference.ts'
import { addDocuments, knownPaths, withSets } from './known-paths.ts'
import { observedPolicies, takesAway } from './observed-policies.ts'
import { gitAt, headOf, type Present, type TrustGit, withPresent } from './present.ts'
import { loadTrust, saveTrust, type TrustState } from './trust-state.ts'

/** Commits that change the policy, looked at most: the newest. */
const MOST_COMMITS = 200
const MAX_POLICY = 4 << 20
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
 * @throws NixsecretError `io`
 */
export async function observeHere(present: Present): Promise<void> {
  const { repo, git, head } = present
  const { state } = loadTrust(repo)
  if (state === null || head === null || head === state.at) return
  const base = await baseOf(state.at, head, git)
  if (base !== null) saveTrust(repo, await observed(state, { ...base, head }, present))
}

/** Where to begin: null where HEAD does not come after what was accepted. */
async function baseOf(
  at: string | null,
  head: string,
  git: TrustGit,
): Promise<{ base: string | null } | null> {
  if (at === null) return { base: null }
  if ((await tryGit(['merge-base', '--is-ancestor', at, head], git)).code === 0) return { base: at }
  // It may have been amended or rebased away; on another branch it still is.
  const there = await tryGit(['for-each-ref', '--count=1', '--contains', at], git)
  if (there.code === 0 && there.stdout.length > 0) return null
  const common = await tryGit(['merge-base', at, head], git)
  return { base: common.code === 0 ? common.stdout.toString('latin1').trim() : null }
}

async function observed(
  state: TrustState,
  { base, head }: { readonly base: string | null; readonly head: string },
  present: Present,
): Promise<TrustState> {
  let policies = state.policies
  for (const text of await reducedPolicies(base, head, present)) policies = observedPolicies(policies, text)
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

/** Policies of commits that take something away that their first parent's gave, the oldest first. */
async function reducedPolicies(
  base: string | null,
  head: string,
  { git, catFile }: Present,
): Promise<string[]> {
  // Along the first parents: what a side that was merged never had, it has not taken away.
  const range = base === null ? [head] : [head, `^${base}`]
  const args = [
    'rev-list',
    '--first-parent',
    `-n${MOST_COMMITS}`,
    ...range,
    '--',
    `:(top,literal)${POLICY_FILE}`,
  ]
  const { stdout } = await tryGit(args, git)
  const texts: string[] = []
  for (const commit of stdout.toString('latin1').split('\n').slice(0, -1).reverse()) {
    const after = await policyText(catFile, commit)
    const before = await policyText(catFile, `${commit}^`)
    if (after !== null && (before === null || takesAway(before, after))) texts.push(after)
  }
  return texts
}

async function policyText(catFile: CatFile, commit: string): Promise<string | null> {
  const blob = await catFile.getUpTo(`${commit}:${POLICY_FILE}`, MAX_POLICY)
  return blob?.type === 'blob' && blob.content.length === blob.size ? blob.content.toString('utf8') : null
}
