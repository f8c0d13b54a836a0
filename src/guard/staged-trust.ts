import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyMark } from '../age/key-mark.ts'
import { POLICY_PATH } from '../blob/tree-state.ts'
import { describeMade } from '../blob/trust/history/describe-made.ts'
import { whoMade } from '../blob/trust/history/who-made.ts'
import { pendingHere } from '../blob/trust/pending.ts'
import type { Present } from '../blob/trust/present.ts'
import type { Change } from '../policy/change.ts'
import { isFile, type Step } from './entry.ts'
import type { Finding } from './finding.ts'
import type { Inspection } from './inspection.ts'
import { sideOf } from './recipient-watch.ts'
import { newRecipient, sayChange } from './rules/new-recipient.ts'

/**
 * What the index has and this user has not accepted: a commit would carry it on. Where nobody ever ran init, as in CI,
 * there is nothing to hold it against. No allowance silences it: to accept it is to say so.
 */
export async function stagedTrust(inspection: Inspection, step: Step): Promise<Finding[]> {
  const { repo, place, catFile } = inspection
  const { workTree } = repo
  const accepted = workTree === null ? null : await inspection.accepted()
  if (workTree === null || accepted === null) return []
  const { policy, attributes } = await sideOf(inspection, step.state)
  // What is wrong with it, the rule `policy` tells.
  if (policy === null) return []
  const drivers = await step.state.group.drivers(step.entries.map(({ path }) => path))
  const shut = step.entries.filter((entry) => isFile(entry) && drivers.has(entry.path))
  const present: Present = {
    repo,
    git: { ...place, cwd: place.cwd ?? workTree },
    catFile,
    head: (await catFile.info('HEAD^{commit}'))?.oid ?? null,
    policy,
    attributes,
    attributeFiles: null,
    drivers,
    files: new Map(shut.map(({ path, oid }) => [path, oid])),
    tracked: new Set(step.entries.map(({ path }) => path)),
  }
  const { gains, first, problem } = await pendingHere(present, accepted)
  const hint = isStaged(workTree, policy.text) ? ACCEPT : [STAGE_FIRST, ACCEPT].join('\n')
  if (first) return gains.length === 0 ? [] : [finding(POLICY_PATH, nothingAccepted(problem), hint)]
  // The most dangerous, another key under a known name, comes first.
  const ordered = [...gains.filter(isSwapped), ...gains.filter((change) => !isSwapped(change))]
  const shown = ordered.slice(0, MOST_SHOWN)
  const made = shown.length === 0 ? new Map() : await whoMade(present, accepted, shown)
  const more = gains.length - shown.length
  const rest = more > 0 ? [finding(POLICY_PATH, `not accepted: ${more} more changes like these`, hint)] : []
  const findings = shown.map((change) => {
    const origin = describeMade(made.get(change)).map((line) => line.trim())
    return finding(
      pathOf(change),
      [`not accepted: ${sayChange(change, keyMark)}`, ...origin].join('; '),
      hint,
    )
  })
  return [...findings, ...rest]
}

// A policy may name thousands; `git nixsecret trust --show` lists them.
const MOST_SHOWN = 20

function isSwapped(change: Change): boolean {
  return change.kind === 'reader' && change.instead.length > 0
}

function nothingAccepted(problem: string | null): string {
  const why = problem === null ? '' : ` (${problem})`
  return `what you have accepted of who may read what is not known any more${why}`
}

function pathOf(change: Change): Finding['path'] {
  if (change.kind === 'unprotected') return change.file
  return change.kind === 'moved' ? change.path : POLICY_PATH
}

const ACCEPT = 'git nixsecret trust    # shows all of it, and asks'
const STAGE_FIRST =
  'git add nixsecret.toml    # it lies here otherwise than it is staged, and only one can be accepted'

/** Whether what is staged is what lies in the work tree, which is what can be accepted. */
function isStaged(workTree: string, text: string): boolean {
  try {
    return readFileSync(join(workTree, POLICY_PATH), 'utf8') === text
  } catch {
    return false
  }
}

function finding(path: Finding['path'], message: string, hint: string): Finding {
  return {
    rule: newRecipient.id,
    severity: 'error',
    commit: null,
    path,
    line: null,
    column: null,
    message,
    hint,
  }
}
