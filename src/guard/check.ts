import type { Repository } from '../git/repository.ts'
import type { CheckResult, Finding } from './finding.ts'
import { type CheckOptions, type Inspection, inspect } from './inspection.ts'
import { Judge, type Raised } from './judge.ts'
import { toFinding } from './mend.ts'
import type { AttributeGroup } from './protection.ts'
import { allTips, resolveRange, resolveTree } from './revisions.ts'
import { commitEntries, type Range } from './sources/commit-entries.ts'
import { indexEntries } from './sources/index-entries.ts'
import { isConfigured, standings, wholeBefore } from './standing.ts'
import { markStillDropped } from './still-dropped.ts'

/** The index: what a commit would hold. */
export function checkStaged(repo: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const judge = new Judge(inspection)
    await judge.all(indexEntries(inspection))
    return result(inspection, judge.raised)
  })
}

/**
 * Every commit of `A..B`, and the whole tree of B.
 * @param range as git writes it; an `A` of zeros, as CI systems give for a new branch, means everything up to B
 * @throws NixsecretError `missing` where an end of it is not here, `usage` where it is no such range
 */
export function checkRange(
  repo: Repository,
  range: string,
  options: CheckOptions = {},
): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) =>
    checkCommits(inspection, await resolveRange(inspection, range)),
  )
}

/** One tree (as a rule that of a commit), and nothing of what came before it. */
export function checkRevision(
  repo: Repository,
  revision: string,
  options: CheckOptions = {},
): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const tip = await resolveTree(inspection, revision)
    return checkCommits(inspection, { tips: [tip], without: [tip] })
  })
}

/** Every commit that a ref of any kind, or HEAD, has. */
export function checkAll(repo: Repository, options: CheckOptions = {}): Promise<CheckResult> {
  return inspect(repo, options, async (inspection) => {
    const { tips, branches } = await allTips(inspection)
    return checkCommits(inspection, { tips, without: [] }, branches)
  })
}

/**
 * Judges commits. A path that a tip protects must be ciphertext in every commit that has it.
 * @param ruling the tips whose attributes hold for all commits
 * @param branches tip → name of the branch, for the hints
 */
export async function checkCommits(
  inspection: Inspection,
  range: Range,
  ruling: readonly string[] = range.tips,
  branches: ReadonlyMap<string, string> = new Map(),
): Promise<CheckResult> {
  const groups = new Set<AttributeGroup>()
  for (const tip of ruling) {
    const { group } = await inspection.states.ofTree(await inspection.tree(tip))
    if (group.protects) groups.add(group)
  }
  const judge = new Judge(inspection, [...groups])
  await judge.all(commitEntries(inspection, range, [...groups]))
  return result(
    inspection,
    await markStillDropped(inspection, judge.raised, range.tips),
    range.tips,
    branches,
  )
}

async function result(
  inspection: Inspection,
  raised: readonly Raised[],
  tips: readonly string[] = [],
  branches?: ReadonlyMap<string, string>,
): Promise<CheckResult> {
  const looked = { commits: inspection.commits, blobs: inspection.blobs.size }
  const findings = await withHints(inspection, raised, tips, branches)
  return { findings, silenced: 0, looked }
}

async function withHints(
  inspection: Inspection,
  raised: readonly Raised[],
  tips: readonly string[],
  branches?: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  if (raised.length === 0) return []
  const commits = new Set(raised.flatMap(({ entry }) => (entry.commit === null ? [] : [entry.commit])))
  const [places, configured] = await Promise.all([
    standings(inspection, [...commits], tips, branches),
    isConfigured(inspection),
  ])
  return Promise.all(
    raised.map(async (one) => {
      const standing = one.entry.commit === null ? null : (places.get(one.entry.commit) ?? null)
      const whole = one.draft.remedy === 'restore' ? await wholeBefore(inspection, one.entry) : null
      return toFinding(one, { standing, configured, whole })
    }),
  )
}
