import { CatFile } from '../../../git/cat-file.ts'
import type { GitOptions } from '../../../git/run-git.ts'
import { runGit, splitNul, tryGit } from '../../../git/run-git.ts'
import { trueView } from '../../../git/true-view.ts'
import type { Change } from '../../../policy/change.ts'
import { comparePolicies } from '../../../policy/compare-policies.ts'
import type { Policy } from '../../../policy/policy.ts'
import { POLICY_FILE } from '../../policy-file-name.ts'
import { policyFrom } from '../../policy-from.ts'
import { canonical } from '../canonical.ts'
import { Observation, observedPolicies } from './observed-policies.ts'

/** Commits that change the policy, and their bytes of policies: beyond it nothing is accepted until the user says so. */
const MOST_COMMITS = 10_000
const MOST_BYTES = 32 << 20
const MAX_POLICY = 4 << 20
const COLON = 0x3a

/** Commits that something is to be seen in. */
export interface Seen {
  /** Id of the commit whose history counts. */
  readonly tip: string
  /** The commit whose history is known; null: none. */
  readonly at: string | null
  /** Whether what the tip has not is noted as taken away, too. */
  readonly own: boolean
  /** What may have been given again: the policy that is about to hold. */
  readonly policy: Policy | null
}

/** What commits say. `open`: the tip's policy is none that parses, so that it can't be told what they gave again. */
export interface SeenPolicies {
  readonly policies: readonly string[]
  readonly open: boolean
}

/**
 * The accepted policies once the commits between were seen, on all sides of merges. Those of commits that took away what
 * is given again are noted, and with them whatever the tip has not if any took away something. A branch that was begun
 * before somebody was added has never taken anything from them, so that each commit is held against its own parents.
 * @param policies what was accepted
 * @param mostCommits that change the policy: beyond them nothing is accepted until the user says so
 * @throws NixsecretError `git`
 */
export async function seenPolicies(
  policies: readonly string[],
  { tip, at, own, policy }: Seen,
  place: Pick<GitOptions, 'cwd' | 'env'>,
  mostCommits = MOST_COMMITS,
): Promise<SeenPolicies> {
  const git = trueView(place)
  const isGone = at !== null && (await tryGit(['cat-file', '-e', `${at}^{commit}`], git)).code !== 0
  const commits = isGone ? [] : await policyCommits({ tip, at }, git, mostCommits)
  if (commits.length > mostCommits) return { policies: [], open: false }
  if (commits.length === 0 && !isGone) return { policies, open: false }
  const texts = new Texts(git)
  const seen = new Observation()
  try {
    const last = own ? await texts.ofTip(tip, seen) : null
    if (own && last === null) return { policies, open: true }
    const noted = last === null ? policies : observedPolicies(policies, last.text, seen)
    // What was accepted is not on the way here: whoever was removed long ago has been accepted again, as far as we know.
    if (isGone || !(await areRelated(tip, at, git))) return { policies: noted, open: false }
    const holding = [last, policy].filter((one) => one !== null)
    const steps = await stepsOf(commits, git)
    const accepted = policies.map((text) => seen.sound(text) ?? policyFrom(text))
    const found = await reductions(steps, { accepted, holding, seen }, texts)
    if (found === null || texts.spent || seen.spent) return { policies: [], open: false }
    const kept = last !== null && found.any ? [...found.again, last.text] : found.again
    return { policies: kept.reduce((all, text) => observedPolicies(all, text, seen), policies), open: false }
  } finally {
    texts.close()
  }
}

/** Commits that have another policy than a parent of theirs, the oldest first; one more than are looked at. */
async function policyCommits(
  { tip, at }: Pick<Seen, 'tip' | 'at'>,
  git: GitOptions,
  most: number,
): Promise<string[]> {
  // The full history: git would else leave out a side that a merge has nothing of.
  const args = ['rev-list', '--topo-order', '--full-history', `--max-count=${most + 1}`, tip]
  const output = await runGit([...args, ...(at === null ? [] : [`^${at}`]), '--', PATHSPEC], git)
  return output.toString('latin1').split('\n').slice(0, -1).reverse()
}

const PATHSPEC = `:(top,literal)${POLICY_FILE}`

async function areRelated(tip: string, at: string | null, git: GitOptions): Promise<boolean> {
  return at === null || (await tryGit(['merge-base', at, tip], git)).code === 0
}

/** What one commit has made of one of its parents' policies: ids of blobs, null where there was no file. */
interface Step {
  readonly before: string | null
  readonly after: string | null
}

async function stepsOf(commits: readonly string[], git: GitOptions): Promise<Step[]> {
  const args = ['diff-tree', '--stdin', '-m', '-r', '-z', '--root', '--raw', '--no-abbrev', '--no-renames']
  const input = Buffer.from(commits.map((commit) => `${commit}\n`).join(''))
  const steps = new Map<string, Step>()
  for (const field of splitNul(await runGit([...args, '--', PATHSPEC], { ...git, input }))) {
    // `OID`, or `:100644 100644 OID OID M` and a path.
    if (field[0] !== COLON) continue
    const [, , before = '', after = ''] = field.toString('latin1').split(' ')
    const step = { before: idOrNull(before), after: idOrNull(after) }
    steps.set(`${step.before} ${step.after}`, step)
  }
  return [...steps.values()]
}

function idOrNull(oid: string): string | null {
  return /^0+$/.test(oid) ? null : oid
}

/**
 * Policies by which something was taken away.
 * @returns `again`: texts by which something was, that holds now; `any`: whether anything was; null where a policy is not to
 *   be had, as in a partial clone
 */
async function reductions(
  steps: readonly Step[],
  {
    accepted,
    holding,
    seen,
  }: {
    readonly accepted: readonly Policy[]
    readonly holding: readonly Policy[]
    readonly seen: Observation
  },
  texts: Texts,
): Promise<{ readonly again: string[]; readonly any: boolean } | null> {
  const again = new Set<string>()
  let any = false
  for (const { before, after } of steps) {
    if (seen.spent) return null
    const text = after === null ? null : await texts.get(after)
    if (after !== null && text === null) return null
    const now = text === null ? null : seen.sound(text)
    if (now === null) continue
    const former = before === null ? null : seen.sound((await texts.get(before)) ?? '')
    // Of what was there before nothing can be told: it may have been all that was accepted.
    const taken = gainedBy(former === null ? accepted : [former], now, seen)
    any ||= taken.size > 0
    if (taken.size > 0 && [...gainedBy(holding, now, seen)].some((one) => taken.has(one))) again.add(now.text)
  }
  return { again: [...again], any }
}

/** To whom, or what, some policies give more than another one, wherever that is. */
function gainedBy(policies: readonly Policy[], than: Policy, { relations }: Observation): Set<string> {
  const others = policies.filter(({ text }) => text !== than.text)
  return new Set(
    others.flatMap((policy) =>
      comparePolicies([than], policy, { paths: [], canonical, relations }).map(gainer),
    ),
  )
}

function gainer(change: Change): string {
  if (change.kind === 'reader') return `reader ${change.key}`
  if (change.kind === 'allow') return `allow ${change.rule}`
  return change.kind === 'host' ? `host ${change.name}` : change.kind
}

/** Policies of commits, each read once. What a partial clone lacks is fetched, as git does. */
class Texts {
  readonly #catFile: CatFile
  readonly #known = new Map<string, string | null>()
  #bytes = 0

  constructor(git: GitOptions) {
    this.#catFile = new CatFile(git)
  }

  /** Whether there was more than is looked at: some are missing then. */
  get spent(): boolean {
    return this.#bytes > MOST_BYTES
  }

  /** The content of a blob; null where it is none, too large or not to be had. */
  async get(name: string): Promise<string | null> {
    let text = this.#known.get(name)
    if (text === undefined) {
      const blob = this.spent ? null : await this.#catFile.getUpTo(name, MAX_POLICY)
      text = blob?.type === 'blob' && blob.content.length === blob.size ? blob.content.toString('utf8') : null
      this.#bytes += text?.length ?? 0
      this.#known.set(name, text)
    }
    return text
  }

  async ofTip(commit: string, seen: Observation): Promise<Policy | null> {
    const text = await this.get(`${commit}:${POLICY_FILE}`)
    return text === null ? null : seen.sound(text)
  }

  close(): void {
    this.#catFile.close()
  }
}
