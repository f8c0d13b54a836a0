import { displayPath, displayText } from '../../byte-path.ts'
import type { CheckResult } from '../../guard/finding.ts'
import type { ImportPlan } from '../../migrate/import-plan.ts'
import type { PreparedSecret } from '../../migrate/prepared-secret.ts'
import type { ImportReport } from '../../migrate/run-import.ts'
import { renderFindings, renderSummary } from '../check/render.ts'
import { paintFor, print, printHint, printNote, printWarning } from '../print.ts'
import { columns } from '../secret/columns.ts'
import { countFiles } from '../secret/count-files.ts'
import { jsonPath } from '../secret/json-path.ts'

type Mode = { readonly dryRun: boolean }

/** Says what came in, what did not and why, and what to do next. */
export function printReport(
  plan: ImportPlan,
  report: ImportReport,
  mode: Mode,
  check: CheckResult | null,
): void {
  const { secrets, left, policy, attributes } = report
  const rows = secrets.map((one, i) => [
    displayPath(one.secret.path),
    wordsOf(one, report.verdicts[i], mode),
    one.readers.names.map(displayText).join(', '),
  ])
  if (rows.length > 0) {
    const [head = '', ...lines] = columns([['FILE', 'STATE', 'READERS'], ...rows])
    print(paintFor(process.stdout)('bold', head))
    for (const line of lines) print(line)
  }
  for (const { what, why } of left) printWarning(`left out: ${displayText(what)}: ${why}`)
  const would = mode.dryRun ? 'would be ' : ''
  if (policy.before !== policy.after) {
    const names = [...policy.recipients, ...policy.groups.map(({ name }) => ({ name: `@${name}` }))]
    const who = names.length === 0 ? '' : `, with ${names.map(({ name }) => displayText(name)).join(', ')}`
    printNote(`nixsecret.toml ${would}${policy.before === null ? 'made' : 'extended'}${who}`)
  }
  if (attributes.added.length > 0)
    printNote(
      `.gitattributes ${would}extended by ${attributes.added.length} ${attributes.added.length === 1 ? 'line' : 'lines'}`,
    )
  printNote(countsOf(report, mode))
  for (const note of plan.notes) printNote(note)
  if (check !== null) printCheck(check)
  for (const hint of plan.hints) printHint(hint)
  if (mode.dryRun) printHint(`git nixsecret import ${plan.scheme}`)
  else if (secrets.length > 0) printHint(`git commit -m 'Import secrets of ${plan.scheme}'`)
}

function wordsOf(one: PreparedSecret, verdict: string | undefined, { dryRun }: Mode): string {
  const unseen =
    one.proof === null ? ', not verified: no key here' : verdict === 'no-key' ? ', not verified' : ''
  if (one.outcome === 'there') return `there already${unseen}`
  if (one.outcome === 'kept') return `${dryRun ? 'comes' : 'came'} in as it is${unseen}`
  return `${dryRun ? 'to be sealed' : 'sealed'}${unseen}`
}

function countsOf({ secrets, verdicts, left }: ImportReport, { dryRun }: Mode): string {
  if (secrets.length === 0) return left.length === 0 ? 'nothing to import' : 'nothing came in'
  if (dryRun) return `${countFiles(secrets.length)} would come in; nothing was changed`
  const same = verdicts.filter((verdict) => verdict === 'same').length
  const unseen = secrets.length - same
  const rest = unseen === 0 ? '' : `; ${unseen} could not be compared, for no key here opens them`
  return `${countFiles(secrets.length)} in, ${same} compared in memory with the source and equal${rest}`
}

function printCheck(check: CheckResult): void {
  process.stdout.write(renderFindings(check.findings))
  for (const problem of check.problems) printNote(problem)
  printNote(renderSummary(check))
}

/** The report for machines. */
export function reportJson(
  plan: ImportPlan,
  report: ImportReport,
  { dryRun }: Mode,
  check: CheckResult | null,
): string {
  const secrets = report.secrets.map((one, i) => ({
    path: jsonPath(one.secret.path),
    from: one.secret.from,
    outcome: one.outcome,
    driver: one.secret.driver,
    readers: one.readers.names,
    verified: report.verdicts[i] === 'same',
    stale: one.stale,
    digest: !one.noDigest,
  }))
  const { recipients, groups, rules } = report.policy
  const policy = { recipients, groups, rules, changed: report.policy.before !== report.policy.after }
  const attributes = report.attributes.added
  const findings = check?.findings.length ?? null
  return JSON.stringify(
    { scheme: plan.scheme, dryRun, secrets, left: report.left, policy, attributes, findings },
    null,
    2,
  )
}
