import { GitConfig } from '../../git/config.ts'
import { checkStaged } from '../../guard/check.ts'
import { hasErrors } from '../../guard/finding.ts'
import type { ImportPlan } from '../../migrate/import-plan.ts'
import { runImport } from '../../migrate/run-import.ts'
import type { Workspace } from '../../secret/workspace.ts'
import { initRepository } from '../../setup/init-repository.ts'
import { ownKeys } from '../../setup/own-key.ts'
import { startTrust } from '../../setup/start-trust.ts'
import { print } from '../print.ts'
import { CounterLine } from '../secret/counter-line.ts'
import { printReport, reportJson } from './report.ts'

/** Options that every scheme has. */
export const IMPORT_OPTIONS = {
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** Their lines in the help of a scheme. @param column where descriptions begin there */
export function importHelp(column: number): string {
  return `${'  --dry-run'.padEnd(column)}what would come in, be written and be left out; changes nothing
${'  --json'.padEnd(column)}the same, and what was done, for machines`
}

/** What the command line says of carrying a plan out. */
export interface PlanOptions {
  readonly dryRun: boolean
  readonly json: boolean
  /** Blobs that could stay as they are get our digest. */
  readonly reseal: boolean
}

/**
 * Carries a plan out, tells what became of it, and has the guard judge what is staged.
 * @returns the exit code: 1 where something was left out, or the guard found an error
 */
export async function runPlan(space: Workspace, plan: ImportPlan, options: PlanOptions): Promise<number> {
  const counter = new CounterLine('reading secrets', plan.secrets.length)
  const { keys } = await ownKeys(space.top, null)
  // In a clone that was not set up, as init does.
  if (!options.dryRun && !(await isSetUp(space))) await startTrust(space.repo)
  const report = await runImport(space, plan, {
    dryRun: options.dryRun,
    reseal: options.reseal,
    own: keys.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey])),
    setUp: () => setUp(space),
    onProgress: counter.show,
  }).finally(() => counter.end())
  const check = options.dryRun || report.secrets.length === 0 ? null : await checkStaged(space.repo)
  if (options.json) print(reportJson(plan, report, options, check))
  else printReport(plan, report, options, check)
  return report.left.length > 0 || (check !== null && hasErrors(check)) ? 1 : 0
}

/** As init does in a clone that has a policy: configuration and hooks; where that was done, nothing. */
async function setUp(space: Workspace): Promise<void> {
  if (await isSetUp(space)) return
  await initRepository(space.repo, { identity: null, recipients: [], paths: [], sealed: false, hooks: true })
}

async function isSetUp(space: Workspace): Promise<boolean> {
  return (await GitConfig.read(space.top, 'effective')).get('filter.nixsecret.process') !== null
}
