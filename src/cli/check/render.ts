import { displayPath } from '../../byte-path.ts'
import type { CheckResult, Finding, Looked, Severity } from '../../guard/finding.ts'
import { ABOUT } from '../../guard/rules/about.ts'
import { type Paint, paintFor, type Style } from '../print.ts'

const STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'blue' }
const SEVERITIES = ['error', 'warning', 'note'] as const

/**
 * Findings for people: a block each, with what, where, why and the commands that mend it. Errors come first, those
 * about the policy before all others, findings of one rule together; why a rule matters is said with its first finding,
 * and commands that are the same for several findings in a row are said once, after them. Ends with a line feed, empty
 * where there are none.
 * @param paint default: colours if stdout is a terminal
 */
export function renderFindings(
  findings: readonly Finding[],
  paint: Paint = paintFor(process.stdout),
): string {
  const explained = new Set<string>()
  return grouped(findings)
    .map((group) => {
      const lines = group.flatMap((finding) => {
        const why = explained.has(finding.rule) ? [] : [`  ${paint('dim', ABOUT[finding.rule].why)}`]
        explained.add(finding.rule)
        return [headLine(finding, paint), `  ${finding.message}`, ...why]
      })
      return `${[...lines, ...hintLines(group[0]?.hint ?? '', paint)].join('\n')}\n`
    })
    .join('\n')
}

/** In the order in which they are shown; those with the same commands next to each other are one group. */
function grouped(findings: readonly Finding[]): Finding[][] {
  // A file can't be encrypted again before the policy is mended.
  const rules = [...new Set(['policy', ...findings.map(({ rule }) => rule)])]
  const sorted = SEVERITIES.flatMap((severity) =>
    rules.flatMap((rule) => findings.filter((one) => one.severity === severity && one.rule === rule)),
  )
  const groups: Finding[][] = []
  for (const finding of sorted) {
    const group = groups.at(-1)
    const last = group?.[0]
    const same =
      last?.rule === finding.rule && last.severity === finding.severity && last.hint === finding.hint
    if (same) group?.push(finding)
    else groups.push([finding])
  }
  return groups
}

function headLine({ rule, severity, commit, path, line, column }: Finding, paint: Paint): string {
  const place = [displayPath(path), line, line === null ? null : column]
    .filter((part) => part !== null)
    .join(':')
  const where = commit === null ? '' : paint('dim', ` in ${commit.slice(0, 12)}`)
  return `${paint(STYLES[severity], severity)} ${paint('bold', place)}${where} ${paint('dim', `[${rule}]`)}`
}

function hintLines(hint: string, paint: Paint): string[] {
  return hint
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => (text.startsWith('#') ? paint('dim', `    ${text}`) : `    ${text}`))
}

/** One line that says how a check went. */
export function renderSummary(result: Pick<CheckResult, 'findings' | 'silenced' | 'looked'>): string {
  const { findings, looked, silenced } = result
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [plural(count, severity)]
  })
  const found = counts.length === 0 ? 'nothing found' : counts.join(', ')
  const quiet = silenced === 0 ? '' : `, ${silenced} silenced`
  return `${found}${quiet} (${lookedAt(looked)} looked at)`
}

function lookedAt({ commits, blobs, files, byName, leftOut, cutOff }: Looked): string {
  const others = files === 0 ? '' : ` and ${plural(files, 'other file')}`
  const where = commits === 0 ? '' : ` of ${plural(commits, 'commit')}`
  // Said, as it is less than somebody may expect.
  const names = byName ? ', in old commits by their names,' : ''
  const part = leftOut ? `${names || ','} but none that this partial clone has left out,` : names
  const older = cutOff === true ? ', none older than this shallow clone has,' : ''
  return `${plural(blobs, 'protected blob')}${others}${part}${where}${older}`
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
