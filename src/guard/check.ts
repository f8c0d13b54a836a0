import type { AttributeGroup } from '../blob/protection.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'
import type { Step } from './entry.ts'
import type { CheckResult, Finding, Remedy, RuleId } from './finding.ts'
import { type CheckOptions, type Inspection, inspect } from './inspection.ts'
import { Judge } from './judge.ts'
import { toFinding } from './mend.ts'
import type { Raised } from './raised.ts'
import { readAhead } from './read-ahead.ts'
import { allTips, resolveRange, resolveTree } from './revisions.ts'
import { requireSoundJudges } from './signature-watch.ts'
import type { Silence } from './silence/silence.ts'
import { type Gate, silenceRaised } from './silence-raised.ts'
import { commitEntries, type Range } from './sources/commit-entries.ts'
import { indexEntries } from './sources/index-entries.ts'
import { treeEntries } from './sources/tree-entries.ts'
import { isConfigured, type Standing, standings, wholeBefore } from './standing.ts'
import { markStillDropped } from './still-dropped.ts'
import { markStillThere } from './still-there.ts'

/** The index: what a commit would hold. Content is read of what it changes. */
export function checkStaged(repo: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    inspection.isOwn = true
    const judge = new Judge(inspection)
    const steps: Step[] = []
    await judge.all(noted(inspection, indexEntries(inspection), steps))
    const { stagedTrust } = await import('./staged-trust.ts')
    const untrusted = (await Promise.all(steps.map((step) => stagedTrust(inspection, step)))).flat()
    // Rekey would refuse until all is accepted; then the next check tells of it.
    const now = judge.raised.filter(({ draft }) => untrusted.length === 0 || draft.remedy !== 'rekey')
    const found = await result(inspection, now, { gate: 'here', tips: [] })
    return { ...found, findings: [...untrusted, ...found.findings] }
  })
}

async function* noted(
  inspection: Inspection,
  steps: AsyncIterable<Step>,
  seen: Step[],
): AsyncGenerator<Step> {
  for await (const step of steps) {
    seen.push(step)
    const held = await inspection.policies.at(step.state.policy)
    inspection.holding = 'policy' in held ? held.policy : null
    yield step
  }
}

/**
 * Every commit of `A..B`, and the whole tree of B.
 * @param range as git writes it; an `A` of zeros, as CI systems give for a new branch, means everything up to B
 * @throws NixsecretError `missing` where an end of it, or a commit between, is not here, `usage` where it is no such range
 */
export function checkRange(
  repo: Repository,
  range: string,
  options: CheckOptions = {},
): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const found = await checkCommits(inspection, {
      range: await resolveRange(inspection, range),
      gate: 'range',
    })
    if (!inspection.cutOff) return found
    throw new NixsecretError('missing', 'this shallow clone has not every commit of the range', {
      hints: ['git fetch --unshallow'],
    })
  })
}

/** One tree (as a rule that of a commit), with everything in it, and nothing of what came before it. */
export function checkRevision(
  repo: Repository,
  revision: string,
  options: CheckOptions = {},
): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const tip = await resolveTree(inspection, revision)
    inspection.scope = 'whole'
    return checkCommits(inspection, { range: { tips: [tip], without: [tip] }, gate: 'here' })
  })
}

/** Every commit that a ref of any kind, or HEAD, has. */
export function checkAll(repo: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const { tips, branches } = await allTips(inspection)
    const range = { tips, without: [], audit: true }
    return checkCommits(inspection, { range, ruling: branches, gate: 'here' })
  })
}

/** What is judged, and by what. */
export interface Walkthrough {
  readonly range: Range
  readonly gate: Gate
  /** The tips whose attributes hold for all commits; all, by default. */
  readonly ruling?: readonly string[]
  /** Tip → name of the branch, for the hints. */
  readonly branches?: ReadonlyMap<string, string>
}

/** Judges commits. A path that a tip protects must be ciphertext in every commit that has it. */
export async function checkCommits(
  inspection: Inspection,
  { range, gate, ruling = range.tips, branches = new Map() }: Walkthrough,
): Promise<CheckResult> {
  if (inspection.requireSigned) await requireSoundJudges(inspection.repo, inspection.place)
  const groups = new Set<AttributeGroup>()
  for (const tip of ruling) {
    const { group } = await inspection.states.ofTree(await inspection.tree(tip))
    if (group.protects) groups.add(group)
  }
  const judge = new Judge(inspection, [...groups])
  const reading = range.audit === true ? readAhead(inspection, ruling) : null
  await judge.all(commitEntries(inspection, range, [...groups]))
  await reading
  const byName = inspection.scope === 'named'
  if (range.audit === true) {
    inspection.scope = 'whole'
    await judge.all(treeEntries(inspection, ruling))
  }
  await judge.finish()
  // Of a whole history the branches are what somebody still works on; there may be thousands of other refs.
  const dropped = await markStillDropped(inspection, judge.raised, ruling)
  const raised = await markStillThere(inspection, dropped, ruling)
  return result(inspection, raised.map(soften), {
    gate,
    tips: range.tips,
    allowing: ruling,
    branches,
    byName,
  })
}

// What they say is said of whoever evaluates the commit: nobody does, once no tip is so any more.
const PASSING: ReadonlySet<RuleId> = new Set(['nix-eval-read', 'nix-eval-command', 'nix-unreadable'])

function soften(one: Raised): Raised {
  return one.atTip || !PASSING.has(one.rule) ? one : { ...one, draft: { ...one.draft, severity: 'note' } }
}

interface Outcome {
  readonly gate: Gate
  readonly tips: readonly string[]
  /** The tips whose policy and baseline may allow findings; all, by default. */
  readonly allowing?: readonly string[]
  readonly branches?: ReadonlyMap<string, string> | undefined
  readonly byName?: boolean
}

/** What is left once that which somebody allowed is taken out, with the commands that mend it. */
export async function result(
  inspection: Inspection,
  raised: readonly Raised[],
  { gate, tips, allowing = tips, branches, byName = false }: Outcome,
): Promise<CheckResult> {
  const { kept, silenced, problems } = await silenceRaised(inspection, raised, { gate, tips: allowing })
  const known = silenced.flatMap(({ one, by }) => (by === 'baseline' ? [one] : []))
  inspection.onFound([...kept.map(({ one }) => one), ...known])
  const looked = {
    commits: inspection.commits,
    blobs: inspection.blobs.size,
    files: inspection.contents.size,
    byName,
    leftOut: inspection.objects.leftOut,
    ...(inspection.cutOff ? { cutOff: true as const } : {}),
  }
  const findings = await withHints(inspection, kept, { gate, tips, branches })
  return { findings, silenced: silenced.length, problems, looked }
}

async function withHints(
  inspection: Inspection,
  kept: Silence<Raised>['kept'],
  { gate, tips, branches }: Outcome,
): Promise<Finding[]> {
  if (kept.length === 0) return []
  const raised = kept.map(({ one }) => one)
  const commits = new Set(raised.flatMap(({ entry }) => (entry.commit === null ? [] : [entry.commit])))
  const [places, configured] = await Promise.all([
    standings(inspection, [...commits], tips, branches, gate === 'receive'),
    // What a server has configured says nothing of the machine where the hint is read.
    gate === 'receive' ? false : isConfigured(inspection),
  ])
  const restaged = toRestage(raised)
  const first = tips.length === 1 ? firstFaulty(inspection, raised, places) : null
  return Promise.all(
    kept.map(async ({ one, ...ignored }) => {
      const standing = one.entry.commit === null ? null : (places.get(one.entry.commit) ?? null)
      const whole = one.draft.remedy === 'restore' ? await wholeBefore(inspection, one.entry) : null
      return toFinding(one, { standing, configured, whole, restaged, first, ...ignored })
    }),
  )
}

/** Files that are plaintext where the judged commits end, or in the index, and ciphertext once they are added again. */
function toRestage(raised: readonly Raised[]): BytePath[] {
  const still = raised.filter(
    ({ draft, atTip }) => atTip && (draft.remedy === 'restage' || draft.remedy === 'restage-later'),
  )
  return [...new Set(still.map(({ entry }) => entry.path))]
}

// What mends these leaves earlier commits as they are, or makes all of them again.
const KEEPS: ReadonlySet<Remedy> = new Set(['read-later', 'split', 'sign', 'allow-signer', 'review'])

/** The first commit of the walk that must be made again: to fold from a later one would keep it. Null for a root. */
function firstFaulty(
  { order }: Inspection,
  raised: readonly Raised[],
  places: ReadonlyMap<string, Standing>,
): string | null {
  let first: string | null = null
  for (const { draft, entry } of raised) {
    const { commit } = entry
    const keeps = KEEPS.has(draft.remedy) || draft.severity !== 'error'
    if (keeps || commit === null || places.get(commit)?.pushed !== false) continue
    if (first === null || (order.get(commit) ?? Infinity) < (order.get(first) ?? Infinity)) first = commit
  }
  return first === null || places.get(first)?.root === true ? null : first
}
