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
  const { secrets, left } = report
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
  for (const line of changesOf(report, mode)) printNote(line)
  printNote(countsOf(report, mode))
  for (const note of plan.notes) printNote(note)
  sayForeign(report)
  saySealing(report)
  if (check !== null) printCheck(check)
  for (const hint of plan.hints) printHint(hint)
  if (!mode.dryRun && isChanged(report)) printHint(`git commit -m 'Import secrets of ${plan.scheme}'`)
}

function changesOf({ policy, attributes }: ImportReport, { dryRun }: Mode): string[] {
  const would = dryRun ? 'would be ' : ''
  const lines: string[] = []
  if (policy.before !== policy.after) {
    const names = [
      ...policy.recipients.map(({ name }) => name),
      ...policy.groups.map(({ name }) => `@${name}`),
    ]
    const who = names.length === 0 ? '' : `, with ${names.map(displayText).join(', ')}`
    lines.push(`nixsecret.toml ${would}${policy.before === null ? 'made' : 'extended'}${who}`)
  }
  const { length } = attributes.added
  if (length > 0)
    lines.push(`.gitattributes ${would}extended by ${length} ${length === 1 ? 'line' : 'lines'}`)
  return lines
}

function isChanged({ policy, attributes, secrets }: ImportReport): boolean {
  return (
    policy.before !== policy.after ||
    attributes.files.length > 0 ||
    secrets.some(({ before, oid }) => before !== oid)
  )
}

function sayForeign({ attributes, left }: ImportReport): void {
  if (attributes.foreign.length === 0 || left.length > 0) return
  printNote('these lines of the other tool can go, once nobody uses it here any more:')
  for (const { path, line, text } of attributes.foreign)
    process.stderr.write(`  ${displayPath(path)}:${line}: ${displayText(text)}\n`)
}

function saySealing({ secrets }: ImportReport): void {
  const stale = secrets.filter((one) => one.stale)
  if (stale.length > 0) {
    const names = stale.map(({ secret }) => displayPath(secret.path)).join(', ')
    printWarning(`encrypted for other readers than it names for them: ${names}; rekey changes that`)
    printHint('git nixsecret rekey')
  }
  const silent = secrets.filter((one) => one.noDigest && !one.stale)
  if (silent.length === 0) return
  const [made, say, they] = silent.length === 1 ? ['it', 'does', 'it is'] : ['them', 'do', 'they are']
  printNote(
    `${countFiles(silent.length)} as the other tool made ${made} ${say} not say whom ${they} for: check warns of that (no-digest), and rekey adds it`,
  )
}

function wordsOf(one: PreparedSecret, verdict: string | undefined, { dryRun }: Mode): string {
  const unseen =
    one.proof === null ? ', not verified: no key here' : verdict === 'no-key' ? ', not verified' : ''
  if (one.outcome === 'there') return `there already${unseen}`
  if (one.outcome === 'kept') return `as it is${unseen}`
  return `${dryRun ? 'to be sealed' : 'sealed'}${unseen}`
}

function countsOf(report: ImportReport, { dryRun }: Mode): string {
  const { secrets, verdicts, left } = report
  if (secrets.length === 0) return left.length === 0 ? 'nothing to import' : 'nothing came in'
  if (dryRun) return `${countFiles(secrets.length)} would come in; this was a dry run`
  if (!isChanged(report)) return `${countFiles(secrets.length)} in already; nothing changed`
  const same = verdicts.filter((verdict) => verdict === 'same').length
  const unseen = secrets.length - same
  const rest = unseen === 0 ? '' : `; ${unseen} could not be compared, for no key here opens them`
  return `${countFiles(secrets.length)} in, ${same} compared in memory with the source and equal${rest}`
}

function printCheck(check: CheckResult): void {
  // That is said above, of all of them at once.
  process.stdout.write(renderFindings(check.findings.filter(({ rule }) => rule !== 'no-digest')))
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
  const unneeded = report.attributes.foreign.map(({ path, line, text }) => ({
    path: jsonPath(path),
    line,
    text,
  }))
  const findings = check?.findings.length ?? null
  return JSON.stringify(
    { scheme: plan.scheme, dryRun, secrets, left: report.left, policy, attributes, unneeded, findings },
    null,
    2,
  )
}
