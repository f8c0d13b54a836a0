import type { CheckResult } from '../../guard/finding.ts'
import { jsonPath } from '../secret/json-path.ts'

/** `{ "findings": [ … ], "silenced": N }`, in the order in which things were found; docs/rules/README.md has each field. */
export function renderJson(result: Pick<CheckResult, 'findings' | 'silenced'>): string {
  const findings = result.findings.map(({ rule, severity, commit, path, line, column, message, hint }) => {
    return { rule, severity, commit, path: jsonPath(path), line, column, message, hint }
  })
  return `${JSON.stringify({ findings, silenced: result.silenced }, null, 2)}\n`
}
