import { displayPath, pathBytes } from '../../byte-path.ts'
import type { CheckResult, Finding, Severity } from '../../guard/finding.ts'
import { type Paint, paintFor, type Style } from '../print.ts'

const STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'blue' }

/**
 * Findings for people: a block each, with what, where, why and the commands that mend it. Ends with a line feed,
 * empty where there are none.
 * @param paint default: colours if stdout is a terminal
 */
export function renderFindings(
  findings: readonly Finding[],
  paint: Paint = paintFor(process.stdout),
): string {
  return findings.map((finding) => block(finding, paint)).join('\n')
}

function block(finding: Finding, paint: Paint): string {
  const { rule, severity, commit, path, line, column, message, hint } = finding
  const place = [
    displayPath(path),
    ...(line === null ? [] : [line, ...(column === null ? [] : [column])]),
  ].join(':')
  const where = commit === null ? '' : paint('dim', ` in ${commit.slice(0, 12)}`)
  const lines = [
    `${paint(STYLES[severity], severity)} ${paint('bold', place)}${where} ${paint('dim', `[${rule}]`)}`,
    `  ${message}`,
  ]
  for (const command of hint.split('\n').filter((text) => text !== ''))
    lines.push(command.startsWith('#') ? paint('dim', `    ${command}`) : `    ${command}`)
  return `${lines.join('\n')}\n`
}

/** One line that says how a check went. */
export function renderSummary(result: CheckResult): string {
  const { findings, looked, silenced } = result
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [plural(count, severity)]
  })
  const found = counts.length === 0 ? 'nothing found' : counts.join(', ')
  const where = looked.commits === 0 ? '' : ` of ${plural(looked.commits, 'commit')}`
  const quiet = silenced === 0 ? '' : `, ${silenced} silenced`
  return `${found}${quiet} (${plural(looked.blobs, 'protected blob')}${where} looked at)`
}

/** `{ "findings": [ … ], "silenced": N }`; a path that is no UTF-8 is in double quotes with octal escapes. */
export function renderJson(result: Pick<CheckResult, 'findings' | 'silenced'>): string {
  const findings = result.findings.map(({ rule, severity, commit, path, line, column, message, hint }) => {
    const bytes = pathBytes(path)
    const text = bytes.toString('utf8')
    const name = Buffer.from(text, 'utf8').equals(bytes) ? text : displayPath(path)
    return { rule, severity, commit, path: name, line, column, message, hint }
  })
  return `${JSON.stringify({ findings, silenced: result.silenced }, null, 2)}\n`
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
