import { acceptPresent } from '../blob/trust/accept.ts'
import { Accepted } from '../blob/trust/accepted.ts'
import { gainsBeyond } from '../blob/trust/history/own-gains.ts'
import { MOST_COMMITS, PolicyHistory } from '../blob/trust/history/policy-history.ts'
import { pendingHere } from '../blob/trust/pending.ts'
import type { Present } from '../blob/trust/present.ts'
import { loadTrust } from '../blob/trust/trust-state.ts'
import type { BytePath } from '../byte-path.ts'
import { type CommitFacts, commitFacts } from '../git/commit-facts.ts'
import { pushableJudges } from '../git/pushable-judges.ts'
import type { Repository } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'
import type { Change } from '../policy/change.ts'
import { bringingCommits } from './bringing-commits.ts'

// Commits that change the files in question, the newest first.
const MOST_COMPARED = 500

/** How an attempt to accept by signatures ended. */
export type SignedOutcome =
  | { readonly kind: 'off' | 'nothing' }
  /** By these commits, each signed by an allowed signer. */
  | { readonly kind: 'accepted'; readonly gains: readonly Change[]; readonly commits: readonly CommitFacts[] }
  /** Somebody has to be asked. */
  | ({ readonly kind: 'left' } & Refusal)

/**
 * With `nixsecret.trust = signed`: accepts what is committed at HEAD, if every commit since something was last accepted or
 * observed that made it, or merged it in a way of its own, is signed by an allowed signer. Anything else is left to the
 * user. What is not committed is never signed.
 * @throws NixsecretError `git`
 */
export async function acceptSigned(present: Present): Promise<SignedOutcome> {
  // Mostly there is nothing, and then git need not be asked.
  const accepted = await Accepted.load(present, present.policy)
  const { gains } = await pendingHere(present, accepted)
  if (gains.length === 0) return { kind: 'nothing' }
  const { stdout } = await tryGit(['config', '--get', 'nixsecret.trust'], present.git)
  if (stdout.toString('latin1').trim() !== 'signed') return { kind: 'off' }
  // What the commits took away since is no matter if they are signed as well.
  const before = await Accepted.of(loadTrust(present.repo))
  const verdict = await judge(present, before, gains)
  if ('why' in verdict) return { kind: 'left', ...verdict }
  await acceptPresent(present)
  return { kind: 'accepted', gains, commits: verdict.commits }
}

type Verdict = { readonly commits: readonly CommitFacts[] } | Refusal
interface Refusal {
  /** For people, untrusted parts left out. */
  readonly why: string
  /** The one that is not signed so. */
  readonly commit: CommitFacts | null
  /** What was there before the commits whose signatures count. */
  readonly before: readonly Change[]
}

const TOO_MUCH = 'the policies of these commits are too many, or too large, to compare'

function left(why: string, commit: CommitFacts | null = null, before: readonly Change[] = []): Refusal {
  return { why, commit, before }
}

async function judge(present: Present, accepted: Accepted, gains: readonly Change[]): Promise<Verdict> {
  const { state } = accepted
  const { head, repo, git } = present
  if (state === null || head === null) return left('nothing was accepted here before')
  const [pushable] = await pushableJudges(repo, git)
  if (pushable !== undefined) return left(`${pushable} leads into this work tree, where a push can change it`)
  const history = new PolicyHistory(git, new Set([...present.attributes.keys(), ...state.attributes.keys()]))
  try {
    const open = await notAtHead(present, history, gains)
    if (open !== null) return left(history.spent ? TOO_MUCH : open)
    const at = state.at ?? (await lastWhole(present, accepted, history, gains))
    if (history.spent) return left(TOO_MUCH)
    if (at === null) return left('no commit has what you accepted')
    const ancestor = await tryGit(['merge-base', '--is-ancestor', at, head], git)
    if (ancestor.code !== 0) return left('HEAD does not come after what was accepted')
    const before = await openAt(present, accepted, history, at, gains)
    if (history.spent) return left(TOO_MUCH)
    if (before === null || before.length > 0)
      return left('part of it was there before, and you have not accepted it', null, before ?? [])
    return await signedSince(history, { at, head }, { moved: movedPaths(gains), repo })
  } finally {
    history.close()
  }
}

function movedPaths(gains: readonly Change[]): BytePath[] {
  return gains.flatMap((gain) => (gain.kind === 'moved' ? [gain.path] : []))
}

/** What is accepted has to be what HEAD has: nobody signed anything else. */
async function notAtHead(
  { policy, attributes, files, head }: Present,
  history: PolicyHistory,
  gains: readonly Change[],
): Promise<string | null> {
  const side = await history.side(head as string)
  const text = JSON.stringify([...attributes].sort())
  if (side.policy?.text !== policy?.text || JSON.stringify([...side.attributes].sort()) !== text)
    return 'nixsecret.toml or .gitattributes have changes here that are not committed'
  if (gains.some((gain) => gain.kind === 'unprotected' && gain.line === ''))
    return 'files lost their protection by what no commit tells'
  for (const path of movedPaths(gains))
    if ((await history.at(head as string, path)) !== files.get(path))
      return 'secrets have changes here that are not committed'
  return null
}

/** Where what was accepted was not committed yet: the newest commit that has nothing else. */
async function lastWhole(
  present: Present,
  accepted: Accepted,
  history: PolicyHistory,
  gains: readonly Change[],
): Promise<string | null> {
  const commits = await history.changing(await history.commits([present.head as string], null), MOST_COMPARED)
  for (const { oid } of commits) {
    if (history.spent) return null
    if ((await openAt(present, accepted, history, oid, gains))?.length === 0) return oid
  }
  return null
}

/**
 * What of a commit is not accepted; null where it has no policy. What was observed since, and never accepted, would else
 * lie before the commits whose signatures are looked at.
 */
async function openAt(
  { files }: Present,
  { policies, state }: Accepted,
  history: PolicyHistory,
  commit: string,
  gains: readonly Change[],
): Promise<Change[] | null> {
  const side = await history.side(commit)
  if (side.policy === null) return null
  const by = { paths: [...files.keys()], relations: history.relations }
  const open = gainsBeyond({ policies, attributes: state?.attributes ?? new Map() }, side, by)
  for (const gain of gains)
    if (gain.kind === 'moved' && (await history.at(commit, gain.path)) === files.get(gain.path))
      open.push(gain)
  return open
}

async function signedSince(
  history: PolicyHistory,
  { at, head }: { readonly at: string; readonly head: string },
  { moved, repo }: { readonly moved: readonly BytePath[]; readonly repo: Repository },
): Promise<Verdict> {
  const commits = await history.commits([head], at)
  if (commits.length >= MOST_COMMITS) return left(`there are more than ${MOST_COMMITS} commits to look at`)
  const bringing = await bringingCommits(history, commits, { moved, objectFormat: repo.objectFormat })
  const facts = await commitFacts(bringing, history.git)
  const found = bringing.flatMap((oid) => facts.get(oid) ?? [])
  const bad = found.find(({ signature }) => signature.state !== 'good')
  if (bad !== undefined) return left('a commit is not signed by an allowed signer', bad)
  return bringing.length > 0 ? { commits: found } : left('no commit tells who made it')
}
